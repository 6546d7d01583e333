package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func TestTokenByEitherAuthentication(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	const odd = "id with:odd/%+chars"
	n.clients.change(odd, func(c *oauth.Client) { *c = newClient(odd, chanID) })
	oddClient, _ := n.clients.Client(odd)
	for _, tc := range []struct {
		name, id, secret string
		basic            bool
	}{
		{"basic", clientID, n.secret, true},
		{"body", clientID, n.secret, false},
		{"basic, form-encoded", odd, oddClient.Secrets[0].Reveal(), true},
		{"body, form-encoded", odd, oddClient.Secrets[0].Reveal(), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			form := grant("client_id", tc.id)
			if !tc.basic {
				form.Set("client_secret", tc.secret)
			}
			r := n.request(t, "/oauth2/token", form)
			if tc.basic {
				r.SetBasicAuth(url.QueryEscape(tc.id), url.QueryEscape(tc.secret))
			}
			before := time.Now().Truncate(time.Second)
			a := do(t, from(t, "127.0.0.1"), r)
			require.Equal(t, http.StatusOK, a.status, a.text)
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			require.Equal(t, "Bearer", a.Type)
			require.Equal(t, 600, a.Life)
			require.Equal(t, "context:write context:read", a.Scope)

			c, err := n.Verify(t.Context(), a.Token, chanID, channel.ScopeContextWrite)
			require.NoError(t, err)
			require.Equal(t, issuer, c.Issuer)
			require.Equal(t, tc.id, c.Subject)
			require.Equal(t, tc.id, c.ClientID)
			require.Equal(t, chanID, c.Audience)
			require.Equal(t, a.Scope, c.Scope)
			require.GreaterOrEqual(t, c.IssuedAt, before.Unix())
			require.Equal(t, c.IssuedAt, c.NotBefore)
			require.Equal(t, c.IssuedAt+600, c.ExpiresAt)
			id, err := base64.RawURLEncoding.DecodeString(c.ID)
			require.NoError(t, err)
			require.Len(t, id, 16)
		})
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	for _, tc := range []struct{ name, asked, granted, failure string }{
		{"absent means all", "", "context:write context:read", ""},
		{"one", "context:read", "context:read", ""},
		{"in another order, twice", "context:read context:write context:read", "context:write context:read", ""},
		{"not the client's", "context:read webrtc:token", "", "invalid_scope"},
		{"unknown", "everything", "", "invalid_scope"},
		{"two spaces", "context:read  context:write", "", "invalid_scope"},
		{"quote", `context:read"`, "", "invalid_scope"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			form := grant("client_id", clientID, "client_secret", n.secret, "scope", tc.asked)
			a := do(t, from(t, "127.0.0.1"), n.request(t, "/oauth2/token", form))
			require.Equal(t, tc.failure, a.Error)
			require.Equal(t, tc.granted, a.Scope)
			if tc.failure == "" {
				_, err := n.Verify(t.Context(), a.Token, chanID, channel.ScopeContextWrite)
				if strings.Contains(tc.granted, channel.ScopeContextWrite) {
					require.NoError(t, err)
				} else {
					requireClass(t, oauth.ClassScope, err)
				}
			}
		})
	}
}

func TestStrictRequests(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	good := "grant_type=client_credentials&client_id=" + clientID + "&client_secret=" + n.secret
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(clientID+":"+n.secret))
	const form = "application/x-www-form-urlencoded"
	const invalid = "invalid_request"
	const bare = "grant_type=client_credentials"
	authorization := func(values ...string) http.Header { return http.Header{"Authorization": values} }
	contentType := func(values ...string) http.Header { return http.Header{"Content-Type": values} }
	for _, tc := range []struct {
		name, body, query string
		header            http.Header
		status            int
		failure           string
	}{
		{"good", good, "", nil, 200, ""},
		{"charset", good, "", contentType(form + "; charset=UTF-8"), 200, ""},
		{"unknown parameter", good + "&resource=x", "", nil, 200, ""},
		{"empty parameters count as absent", good + "&client_assertion=&scope=", "", nil, 200, ""},
		{"scheme in capitals", bare, "", authorization("BASIC" + strings.TrimPrefix(basic, "Basic")), 200, ""},
		{"query string", good, "?scope=x", nil, 400, invalid},
		{"empty query", good, "?", nil, 400, invalid},
		{"secret in the query", bare, "?client_secret=x", nil, 400, invalid},
		{"repeated parameter", good + "&scope=context:read&scope=context:read", "", nil, 400, invalid},
		{"repeated secret", good + "&client_secret=", "", nil, 400, invalid},
		{"JSON", `{"grant_type":"client_credentials"}`, "", contentType("application/json"), 400, invalid},
		{"no content type", good, "", http.Header{"Content-Type": nil}, 400, invalid},
		{"two content types", good, "", contentType(form, form), 400, invalid},
		{"other charset", good, "", contentType(form + "; charset=utf-16"), 400, invalid},
		{"compressed", good, "", http.Header{"Content-Encoding": {"gzip"}}, 400, invalid},
		{"16 KiB and more", good + "&x=" + strings.Repeat("x", 16<<10), "", nil, 400, invalid},
		{"bad escape", good + "&x=%zz", "", nil, 400, invalid},
		{"semicolon", good + ";x=y", "", nil, 400, invalid},
		{"not UTF-8", good + "&x=%ff", "", nil, 400, invalid},
		{"no grant", strings.TrimPrefix(good, bare+"&"), "", nil, 400, invalid},
		{"other grant", strings.Replace(good, "client_credentials", "password", 1), "", nil, 400, "unsupported_grant_type"},
		{"basic and body", good, "", authorization(basic), 400, invalid},
		{"basic twice", bare, "", authorization(basic, basic), 400, invalid},
		{"basic and another id", bare + "&client_id=client-2", "", authorization(basic), 400, invalid},
		{"body and assertion", good + "&client_assertion=x", "", nil, 400, invalid},
		{"assertion", bare + "&client_assertion=x", "", nil, 401, "invalid_client"},
		{"no authentication", bare, "", nil, 401, "invalid_client"},
		{"id alone", bare + "&client_id=" + clientID, "", nil, 401, "invalid_client"},
		{"bearer", bare, "", authorization("Bearer x"), 401, "invalid_client"},
		{"wrong secret", good + "x", "", nil, 401, "invalid_client"},
		{"unknown client", strings.Replace(good, clientID, "nobody", 1), "", nil, 401, "invalid_client"},
		{"another client's secret", strings.Replace(good, clientID, "client-2", 1), "", nil, 401, "invalid_client"},
		{"long id", strings.Replace(good, clientID, strings.Repeat("x", 129), 1), "", nil, 401, "invalid_client"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := n.request(t, "/oauth2/token"+tc.query, nil)
			r, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL.String(), strings.NewReader(tc.body))
			require.NoError(t, err)
			r.URL.ForceQuery = tc.query == "?"
			r.Header.Set("Content-Type", form)
			for name, values := range tc.header {
				r.Header[name] = values
			}
			// Each case has an address of its own, so that the limits of one do
			// not answer another.
			a := do(t, from(t, address(t)), r)
			require.Equal(t, tc.status, a.status, a.text)
			require.Equal(t, tc.failure, a.Error)
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			require.Equal(t, tc.status == 401, strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic "))
			require.NotContains(t, a.text, n.secret)
			if tc.status != 200 {
				require.Empty(t, a.Token)
			}
		})
	}
	a := do(t, from(t, "127.0.0.1"), func() *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+"/oauth2/token", nil)
		require.NoError(t, err)
		return r
	}())
	require.Equal(t, http.StatusMethodNotAllowed, a.status)
}

func TestSecretGenerations(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	newer := secret.Generate(channel.ClientSecretPrefix)
	status := func(s string) int {
		form := grant("client_id", clientID, "client_secret", s)
		return do(t, from(t, "127.0.0.1"), n.request(t, "/oauth2/token", form)).status
	}
	n.clients.change(clientID, func(c *oauth.Client) { c.Secrets = append([]secret.Value{newer}, c.Secrets...) })
	require.Equal(t, 200, status(newer.Reveal()))
	require.Equal(t, 200, status(n.secret), "the replaced one works too")
	n.clients.change(clientID, func(c *oauth.Client) { c.Secrets = c.Secrets[:1] })
	require.Equal(t, 401, status(n.secret))
	require.Equal(t, 200, status(newer.Reveal()))
	n.clients.change(clientID, func(c *oauth.Client) { c.Enabled = false })
	require.Equal(t, 401, status(newer.Reveal()), "disabled")
	n.clients.change(clientID, func(c *oauth.Client) { c.Enabled, c.Secrets = true, nil })
	require.Equal(t, 401, status(newer.Reveal()), "without a secret")
	require.Len(t, *n.refused, 3)
	require.Equal(t, "client_secret_mismatch", (*n.refused)[0].Reason)
	require.Equal(t, "127.0.0.1", (*n.refused)[0].Remote)
}

// Threat 5: known or not, disabled or not, one secret or two: the same work.
func TestThreat05EveryAttemptCostsTheSame(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	n.clients.change("two", func(c *oauth.Client) {
		*c = newClient("two", chanID)
		c.Secrets = append(c.Secrets, secret.Generate(channel.ClientSecretPrefix))
	})
	n.clients.change("off", func(c *oauth.Client) { *c = newClient("off", chanID); c.Enabled = false })
	var costs []int
	for _, c := range [][2]string{
		{clientID, n.secret}, {clientID, n.secret + "x"}, {clientID, "x"}, {"two", "x"}, {"off", "x"}, {"nobody", "x"},
	} {
		before := *n.indexed
		do(t, from(t, "127.0.0.1"), n.request(t, "/oauth2/token", grant("client_id", c[0], "client_secret", c[1])))
		costs = append(costs, *n.indexed-before)
	}
	require.Equal(t, []int{3, 3, 3, 3, 3, 3}, costs)
}

func TestPublishedDocuments(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	get := func(path string) answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+path, nil)
		require.NoError(t, err)
		return do(t, from(t, "127.0.0.1"), r)
	}
	a := get("/.well-known/oauth-authorization-server")
	require.Equal(t, 200, a.status)
	require.JSONEq(t, `{
		"issuer": "https://va.example.com",
		"token_endpoint": "https://va.example.com/oauth2/token",
		"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
		"revocation_endpoint": "https://va.example.com/oauth2/revoke",
		"revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
		"jwks_uri": "https://va.example.com/oauth2/jwks.json",
		"grant_types_supported": ["client_credentials"],
		"response_types_supported": [],
		"scopes_supported": ["context:write", "context:read", "stream:connect", "webrtc:token"]
	}`, a.text)

	a = get("/oauth2/jwks.json")
	require.Equal(t, 200, a.status)
	require.Equal(t, "public, max-age=300", a.header.Get("Cache-Control"))
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal([]byte(a.text), &set))
	require.Len(t, set.Keys, 1)
	require.True(t, set.Keys[0].IsPublic())
	require.Equal(t, "ES256", set.Keys[0].Algorithm)
	require.Equal(t, "sig", set.Keys[0].Use)
	var members struct{ Keys []map[string]string }
	require.NoError(t, json.Unmarshal([]byte(a.text), &members))
	require.Len(t, members.Keys[0], 7, "kty crv x y kid use alg and nothing private")
}
