package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// SEC-11: whatever is posted, the answer is a proper one below 500, and a token
// only for the right secret.
func FuzzTokenRequestSEC11(f *testing.F) {
	s, keyring := openStore(f)
	n, _ := newNode(f, s, keyring)
	const form = "application/x-www-form-urlencoded"
	f.Add("grant_type=client_credentials&client_id=client-1&client_secret="+n.secret, "", "", form)
	f.Add("grant_type=client_credentials&scope=context%3Aread", "", "Basic Y2xpZW50LTE6eA==", form+"; charset=utf-8")
	f.Add("grant_type=client_credentials&grant_type=x", "a=b", "Basic !", form)
	f.Add("token=a.b.c&client_assertion=%ff", "", "Bearer x", "multipart/form-data; boundary=x")
	f.Add("%zz;&&==", "", "Basic", "application/json")
	f.Fuzz(func(t *testing.T, body, query, authorization, contentType string) {
		mux := http.NewServeMux()
		n.Register(mux) // anew: the limits are not what is tested
		for _, path := range []string{"/oauth2/token", "/oauth2/revoke"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
			r.URL.RawQuery = query
			r.Header.Set("Content-Type", contentType)
			if authorization != "" {
				r.Header.Set("Authorization", authorization)
			}
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			require.Less(t, w.Code, 500)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			if w.Code == http.StatusOK {
				require.True(t, strings.Contains(body, n.secret) || authorization != "")
			}
		}
	})
}

// SEC-11: no token but a signed one is accepted, however it is written.
func FuzzVerifySEC11(f *testing.F) {
	n := newRig(f)
	forge := newForger(f, n)
	h, c := forge.header.json(f), forge.claims.json(f)
	good := forge.signed(h, c)
	f.Add(good)
	f.Add(forge.signed(forge.header.with("crit", []string{"exp"}).json(f), c))
	f.Add(forge.signed(h, strings.Replace(c, `"aud"`, `"aud":"x","aud"`, 1)))
	f.Add(b64([]byte(`{"alg":"none"}`)) + "." + b64([]byte(c)) + ".")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		_, err := n.Verify(t.Context(), token, chanID, channel.ScopeContextWrite)
		if err == nil { // base64 leaves bits at the end of the signature that nobody reads
			require.Equal(t, good[:strings.LastIndexByte(good, '.')], token[:strings.LastIndexByte(token, '.')])
		}
	})
}

// SEC-11: headers and claims that carry a right signature are read strictly.
func FuzzSignedTokenSEC11(f *testing.F) {
	n := newRig(f)
	forge := newForger(f, n)
	h, c := forge.header.json(f), forge.claims.json(f)
	f.Add(h, c)
	f.Add(h, strings.Replace(c, `"exp"`, `"exp":1e999,"exp"`, 1))
	f.Add(`{"alg":"ES256","typ":"at+jwt","kid":{}}`, `{}`)
	f.Add("null", "[]")
	f.Fuzz(func(t *testing.T, header, claims string) {
		signing := *forge
		signing.t = t
		got, err := n.Verify(t.Context(), signing.signed(header, claims), chanID, channel.ScopeContextWrite)
		if err == nil {
			require.Equal(t, issuer, got.Issuer)
			require.Equal(t, chanID, got.Audience)
			require.Equal(t, clientID, got.Subject)
			require.NotEmpty(t, got.ID)
		}
	})
}
