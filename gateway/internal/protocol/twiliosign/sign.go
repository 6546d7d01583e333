package twiliosign

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor's algorithm; HMAC-SHA1 is not broken by collisions
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
)

// Header is written in lower case, as Twilio sends it on upgrades; names of
// headers do not depend on case.
const Header = "x-twilio-signature"

// Sign gives the signature of a request: an HMAC of the URL, exactly as it was
// configured, and for a form of every parameter in the order of the names.
func Sign(token, target string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(target))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			mac.Write([]byte(name))
			mac.Write([]byte(value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
