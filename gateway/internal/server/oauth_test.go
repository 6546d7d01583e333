package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// PartnerChannel is a channel of a kind that only these tests know: a client of
// the token endpoint.
type PartnerChannel struct {
	api.Channel
	Client string `json:"client_id,omitempty" readOnly:"true"`
}

type partner struct{}

var _ channel.OAuthClient = partner{}

func (partner) Name() string                      { return "partner" }
func (partner) New() api.ChannelBody              { return &PartnerChannel{} }
func (partner) ClientScopes() []string            { return []string{channel.ScopeContextWrite} }
func (partner) ClientID(b api.ChannelBody) string { return "va-" + b.Common().ID }
func (partner) LiveAgent(api.ChannelBody) string  { return "" }

func (partner) Secrets() []channel.Secret {
	return []channel.Secret{{Name: channel.ClientSecret, Indexed: true, Generate: func() secret.Value {
		return secret.Generate(channel.ClientSecretPrefix)
	}}}
}

func (p partner) Outputs(b api.ChannelBody, _ channel.Endpoints) {
	b.(*PartnerChannel).Client = p.ClientID(b)
}

// newPartner makes a channel of the test's kind.
func newPartner(t *testing.T, g *gatewaytest.Gateway) PartnerChannel {
	t.Helper()
	var a api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "a"}, &a, api.Write{}))
	c := PartnerChannel{Channel: api.Channel{AssistantID: a.ID, ProviderApplication: "p"}}
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/partner", c, &c, api.Write{}))
	require.True(t, strings.HasPrefix(c.Credentials[channel.ClientSecret], channel.ClientSecretPrefix))
	return c
}

// tokenFor asks the public listener for a token.
func tokenFor(t *testing.T, g *gatewaytest.Gateway, clientID, clientSecret string) (status int, token string) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}
	r, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, "http://"+g.Address+"/oauth2/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(clientSecret))
	res, err := gatewaytest.HTTP.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer.Token
}

// served is the key set that a gateway publishes.
func served(t *testing.T, g *gatewaytest.Gateway) (set jose.JSONWebKeySet) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.Address+"/oauth2/jwks.json", nil)
	require.NoError(t, err)
	res, err := gatewaytest.HTTP.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	require.NoError(t, json.NewDecoder(res.Body).Decode(&set))
	return set
}

func requireToken(t *testing.T, set jose.JSONWebKeySet, token string, c PartnerChannel, issuer string) {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	var claims jwt.Claims
	require.NoError(t, parsed.Claims(set, &claims))
	require.NoError(t, claims.Validate(jwt.Expected{
		Issuer: issuer, Subject: c.Client, AnyAudience: jwt.Audience{c.ID}, Time: time.Now(),
	}))
}

// A channel is a client from its creation to its end: rotation with and
// without overlap, disabling, deleting.
func TestChannelAsClientSEC03(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t, gatewaytest.WithKinds(admin.Of[PartnerChannel](partner{})))
	c := newPartner(t, g)
	first := c.Credentials[channel.ClientSecret]
	status := func(clientSecret string) int {
		status, _ := tokenFor(t, g, c.Client, clientSecret)
		return status
	}
	put := func(change func(*PartnerChannel)) PartnerChannel {
		in := PartnerChannel{Channel: api.Channel{AssistantID: c.AssistantID, ProviderApplication: "p"}}
		change(&in)
		var out PartnerChannel
		require.NoError(t, g.Client.Put(t.Context(), "/v1/channels/"+c.ID+"/partner", in, &out, api.Write{}))
		return out
	}
	code, token := tokenFor(t, g, c.Client, first)
	require.Equal(t, http.StatusOK, code)
	requireToken(t, served(t, g), token, c, g.PublicURL)

	second := put(func(c *PartnerChannel) { c.RotateIfVersion = 1 }).Credentials[channel.ClientSecret]
	require.NotEqual(t, first, second)
	require.Equal(t, http.StatusOK, status(second))
	require.Equal(t, http.StatusOK, status(first), "while rotation_overlap lasts")
	third := put(func(c *PartnerChannel) {
		c.RotateIfVersion, c.RotationOverlap = 2, new(api.Duration(0))
	}).Credentials[channel.ClientSecret]
	require.Equal(t, http.StatusOK, status(third))
	require.Equal(t, http.StatusUnauthorized, status(second), "without overlap")
	require.Equal(t, http.StatusUnauthorized, status(first))

	put(func(c *PartnerChannel) { c.Enabled = new(false) })
	require.Equal(t, http.StatusUnauthorized, status(third))
	put(func(*PartnerChannel) {})
	require.Equal(t, http.StatusOK, status(third))

	var refusals api.Page[api.Refusal]
	require.NoError(t, g.Client.Get(t.Context(), "/v1/channels/"+c.ID+"/refusals", &refusals))
	require.Len(t, refusals.Items, 3)
	require.Equal(t, "token", refusals.Items[0].Step)
	require.Equal(t, "client_secret_mismatch", refusals.Items[0].Reason)

	require.NoError(t, g.Client.Delete(t.Context(), "/v1/channels/"+c.ID, api.Write{IfMatch: "*"}))
	require.Equal(t, http.StatusUnauthorized, status(third))
	for _, planted := range []string{first, second, third, token} {
		require.NotContains(t, g.Log(), planted)
	}
}

// The operator's command reaches running gateways, which go on issuing tokens.
func TestSigningKeyIsRotatedOnTheHost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir), gatewaytest.WithKinds(admin.Of[PartnerChannel](partner{})))
	c := newPartner(t, g)
	_, before := tokenFor(t, g, c.Client, c.Credentials[channel.ClientSecret])
	require.Len(t, served(t, g).Keys, 1)
	settings := check(t, config.Settings{DataDir: dir, AdminToken: token})

	r, err := server.RotateSigningKey(t.Context(), settings, false)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(24*time.Hour), r.FirstUse, time.Minute)
	require.Eventually(t, func() bool { return len(served(t, g).Keys) == 2 }, patience, 20*time.Millisecond)
	_, during := tokenFor(t, g, c.Client, c.Credentials[channel.ClientSecret])
	requireToken(t, served(t, g), before, c, g.PublicURL)
	requireToken(t, served(t, g), during, c, g.PublicURL)
	n, err := server.VerifyKeys(t.Context(), settings)
	require.NoError(t, err)
	require.Equal(t, 3, n, "the client secret and two keys")
}

// Gateways on one database have one key set, and a secret that one of them
// rotates is known to the other.
func TestTokensOfTwoGateways(t *testing.T) {
	t.Parallel()
	options := []gatewaytest.Option{
		gatewaytest.WithPostgres(pgtest.DSN(t)), gatewaytest.WithKeyFile(filepath.Join(t.TempDir(), "kek")),
		gatewaytest.WithPublicURL("https://va.example.com"), gatewaytest.WithKinds(admin.Of[PartnerChannel](partner{})),
	}
	a, b := gatewaytest.Start(t, options...), gatewaytest.Start(t, options...)
	c := newPartner(t, a)
	var token string
	require.Eventually(t, func() bool {
		var status int
		status, token = tokenFor(t, b, c.Client, c.Credentials[channel.ClientSecret])
		return status == http.StatusOK
	}, patience, 100*time.Millisecond)
	requireToken(t, served(t, a), token, c, "https://va.example.com")
	require.Equal(t, served(t, a), served(t, b))
}
