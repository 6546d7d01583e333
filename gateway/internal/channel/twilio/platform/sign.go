package platform

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// signatureHeader is written in lower case, as Twilio sends it on upgrades;
// names of headers do not depend on case.
const signatureHeader = "x-twilio-signature"

// sign gives the signature of a request: an HMAC of the URL and, for a form,
// every parameter in the order of the names.
func sign(token secret.Value, target string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token.Reveal()))
	mac.Write([]byte(target))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			mac.Write([]byte(name))
			mac.Write([]byte(value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
