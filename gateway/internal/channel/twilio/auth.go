package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the vendor's algorithm; HMAC-SHA1 is not broken by collisions
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Reasons why a signature is refused.
const (
	reasonMissing      = "signature_missing"
	reasonAmbiguous    = "signature_ambiguous"
	reasonMalformed    = "signature_malformed"
	reasonMismatch     = "signature_mismatch"
	reasonTokenEmpty   = "token_empty"
	reasonFormInvalid  = "form_malformed"
	reasonHashMissing  = "body_hash_missing"
	reasonHashMismatch = "body_hash_mismatch"
)

// presented reads the signature of a request without looking at its body, so
// that junk costs nothing. The reason is empty on success.
func presented(r *http.Request) (signature []byte, reason string) {
	values := r.Header.Values("X-Twilio-Signature")
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return nil, reasonMissing
	case len(values) > 1:
		return nil, reasonAmbiguous
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(values[0])
	if err != nil || len(signature) != sha1.Size {
		return nil, reasonMalformed
	}
	return signature, ""
}

// verify checks the signature over each base plus the request target exactly
// as received; Host and X-Forwarded-* decide nothing. The reason is empty on
// success. See https://www.twilio.com/docs/usage/security.
func verify(r *http.Request, body []byte, bases []string, tokens []secret.Value) (reason string) {
	signature, reason := presented(r)
	if reason != "" {
		return reason
	}
	parameters, reason := signedParameters(r, body)
	if reason != "" {
		return reason
	}
	reason = reasonTokenEmpty
	for _, token := range tokens {
		if token.IsZero() {
			continue
		}
		reason = reasonMismatch
		mac := hmac.New(sha1.New, []byte(token.Reveal()))
		for _, base := range bases {
			mac.Reset()
			_, _ = mac.Write([]byte(base + r.RequestURI + parameters)) // a hash never fails
			if hmac.Equal(mac.Sum(nil), signature) {
				return ""
			}
		}
	}
	return reason
}

// signedParameters is what is signed after the URL: for a form every name and
// value, sorted by name; for anything else nothing, but then the URL carries
// the hash of the body.
func signedParameters(r *http.Request, body []byte) (parameters, reason string) {
	if r.Method == http.MethodGet {
		return "", ""
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != formType {
		return "", checkBodyHash(r, body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", reasonFormInvalid
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		// The vendor's libraries differ on repeated names; the one that covers
		// every value leaves nothing unsigned.
		values := slices.Compact(slices.Sorted(slices.Values(form[name])))
		for _, value := range values {
			b.WriteString(name + value)
		}
	}
	return b.String(), ""
}

const formType = "application/x-www-form-urlencoded"

func checkBodyHash(r *http.Request, body []byte) (reason string) {
	hashes := r.URL.Query()["bodySHA256"]
	if len(hashes) != 1 {
		return reasonHashMissing
	}
	hash := sha256.Sum256(body)
	if !hmac.Equal([]byte(hashes[0]), []byte(hex.EncodeToString(hash[:]))) {
		return reasonHashMismatch
	}
	return ""
}
