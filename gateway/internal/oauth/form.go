package oauth

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// maxForm bounds the body of a request, in bytes.
const maxForm = 16 << 10

const formType = "application/x-www-form-urlencoded"

// form is the body of a request: parameters that were given once, with a
// value (RFC 6749 section 3.2).
type form map[string]string

// readForm reads the body as strictly as the RFC allows. The problem is a text
// for the developer of the client.
func readForm(w http.ResponseWriter, r *http.Request) (_ form, problem string) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, "parameters belong into the body, not into the URL"
	}
	types := r.Header.Values("Content-Type")
	if len(types) != 1 {
		return nil, "one Content-Type is required: " + formType
	}
	media, params, err := mime.ParseMediaType(types[0])
	charset, hasCharset := params["charset"]
	if err != nil || media != formType || hasCharset && !strings.EqualFold(charset, "utf-8") {
		return nil, "the Content-Type must be " + formType
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, "the body must not be compressed"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, "the body cannot be read or is longer than 16 KiB"
	}
	return parseForm(string(body))
}

func parseForm(body string) (_ form, problem string) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, "the body is not form-encoded"
	}
	f := form{}
	for name, given := range values {
		switch {
		case len(given) > 1:
			return nil, "a parameter is given twice"
		case !utf8.ValidString(name) || !utf8.ValidString(given[0]):
			return nil, "the body is not UTF-8"
		case given[0] != "": // without a value it counts as absent
			f[name] = given[0]
		}
	}
	return f, ""
}

// credentials are what a client presents to authenticate itself.
type credentials struct {
	clientID, secret string
}

// Outcomes of presented.
const (
	presentedOne  = iota // by one method that is supported
	presentedNone        // not at all, or by a method that is not supported
	presentedMany        // by more than one method, or contradicting itself
)

// presented finds the client authentication of a request: HTTP Basic with
// form-encoded id and secret (RFC 6749 section 2.3.1), or both in the body.
func presented(h http.Header, f form) (credentials, int) {
	headers := h.Values("Authorization")
	secret, inBody := f["client_secret"]
	_, assertion := f["client_assertion"]
	_, assertionType := f["client_assertion_type"]
	methods := len(headers)
	for _, used := range []bool{inBody, assertion || assertionType} {
		if used {
			methods++
		}
	}
	switch {
	case methods > 1:
		return credentials{}, presentedMany
	case len(headers) == 1:
		var c credentials
		var ok bool
		c.clientID, c.secret, ok = channel.Basic(headers[0])
		if id, given := f["client_id"]; ok && given && id != c.clientID {
			return credentials{}, presentedMany
		}
		return c, usable(c, ok)
	}
	c := credentials{f["client_id"], secret}
	return c, usable(c, inBody)
}

func usable(c credentials, ok bool) int {
	if !ok || c.clientID == "" || c.secret == "" || len(c.clientID) > maxClientID {
		return presentedNone
	}
	return presentedOne
}

// requestedScopes are those of a request, all of the client's if it names none
// (RFC 6749 section 3.3). ok is false when one is not the client's.
func requestedScopes(requested string, client Client) (_ []string, ok bool) {
	if requested == "" {
		return client.Scopes, true
	}
	asked := map[string]bool{}
	for _, scope := range strings.Split(requested, " ") {
		asked[scope] = true
	}
	var granted []string
	for _, scope := range client.Scopes {
		if asked[scope] {
			granted = append(granted, scope)
			delete(asked, scope)
		}
	}
	return granted, len(asked) == 0
}
