package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

func audits(t *testing.T, g *gatewaytest.Gateway, action string) int {
	t.Helper()
	page := decode[api.Page[api.AuditEntry]](t, send(t, g, request{method: http.MethodGet, path: "/v1/audit?limit=500"}))
	n := 0
	for _, e := range page.Items {
		if e.Action == action {
			n++
		}
	}
	return n
}

// SEC-02: every read of credentials has exactly one audit entry.
func TestCredentialsAreAuditedSEC02(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		c := newTwilio(t, g, newAssistant(t, g, "one").ID)
		require.Equal(t, map[string]string{"authentication_token": plantedToken}, c.Credentials)
		require.Empty(t, c.AuthenticationToken)
		require.Equal(t, 1, audits(t, g, "credentials.read"))

		var read api.Credentials
		require.NoError(t, g.Client.Get(t.Context(), "/v1/channels/"+c.ID+"/credentials", &read))
		require.Equal(t, plantedToken, read.Values["authentication_token"])
		require.Equal(t, 2, audits(t, g, "credentials.read"))

		plain := send(t, g, request{method: http.MethodGet, path: "/v1/channels/" + c.ID + "/twilio"})
		require.NotContains(t, plain.body, plantedToken)
		require.Equal(t, 2, audits(t, g, "credentials.read"), "an ordinary read is not audited")
	})
}

// SEC-12: without credentials:read no route gives a secret.
func TestWithoutTheScopeNoSecretIsFoundSEC12(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newTwilio(t, g, newAssistant(t, g, "one").ID)
	token := tokenWith(t, g, api.ScopeAdmin, api.ScopeAssistantsRW, api.ScopeChannelsRW, api.ScopeSecretsRotate,
		api.ScopeCallsRead, api.ScopeAuditRead)
	for _, path := range []string{
		"/v1/channels", "/v1/channels/" + c.ID, "/v1/channels/" + c.ID + "/twilio", "/v1/channels/twilio",
		"/v1/channels/" + c.ID + "/refusals", "/v1/channels/" + c.ID + "/credentials", "/v1/audit", "/v1/tokens",
		"/v1/calls", "/v1/gateway", "/metrics",
	} {
		got := send(t, g, request{method: http.MethodGet, path: path, token: token})
		require.NotContains(t, got.body, plantedToken, path)
	}
	created := send(t, g, request{
		method: http.MethodPost, path: "/v1/channels/twilio", token: token,
		body: `{"assistant_id":"` + c.AssistantID +
			`","provider_application":"p","authentication_token":"` + plantedToken + `"}`,
	})
	require.Equal(t, http.StatusCreated, created.status, created.body)
	require.NotContains(t, created.body, plantedToken)
	got := send(t, g, request{
		method: http.MethodPost, path: "/v1/tokens", token: token,
		body: `{"name":"more","scopes":["credentials:read"]}`,
	})
	require.Equal(t, http.StatusForbidden, got.status, "a token cannot give what it lacks")
	require.NotContains(t, g.Log(), plantedToken)
}

// PRD-04, TF-04: rotating changes only credentials, version and expiry.
func TestRotationPRD04(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		c := newTwilio(t, g, newAssistant(t, g, "one").ID)
		path := "/v1/channels/" + c.ID + "/twilio"
		second := strings.Replace(plantedToken, "planted", "rotated", 1)
		in := c
		in.Credentials = nil
		in.AuthenticationToken = second
		var rotated api.TwilioChannel
		require.NoError(t, g.Client.Put(t.Context(), path, in, &rotated, api.Write{}))
		require.EqualValues(t, 2, rotated.CredentialsVersion)
		require.NotNil(t, rotated.PreviousCredentialsExpireAt)
		require.Equal(t, second, rotated.Credentials["authentication_token"])
		require.Equal(t, c.URL, rotated.URL)

		in.AuthenticationToken = ""
		in.Name = "renamed"
		var renamed api.TwilioChannel
		require.NoError(t, g.Client.Put(t.Context(), path, in, &renamed, api.Write{}))
		require.EqualValues(t, 2, renamed.CredentialsVersion, "an absent token is unchanged")
		require.Nil(t, renamed.Credentials)

		in.RotateIfVersion = 2
		require.NoError(t, g.Client.Put(t.Context(), path, in, &rotated, api.Write{}))
		require.EqualValues(t, 3, rotated.CredentialsVersion)
		require.NoError(t, g.Client.Put(t.Context(), path, in, &rotated, api.Write{}))
		require.EqualValues(t, 3, rotated.CredentialsVersion, "the same request again rotates nothing")

		writer := tokenWith(t, g, api.ScopeChannelsRW)
		got := send(t, g, request{
			method: http.MethodPut, path: path, token: writer, header: map[string]string{"If-Match": "*"},
			body: `{"assistant_id":"` + c.AssistantID + `","provider_application":"support","rotate_if_version":3}`,
		})
		require.Equal(t, http.StatusForbidden, got.status)
		require.Contains(t, got.body, "secrets:rotate")
	})
}

func TestDeletionProtection(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newTwilio(t, g, newAssistant(t, g, "one").ID)
	c.Credentials, c.DeletionProtection = nil, true
	require.NoError(t, g.Client.Put(t.Context(), "/v1/channels/"+c.ID+"/twilio", c, nil, api.Write{}))
	err := g.Client.Delete(t.Context(), "/v1/channels/"+c.ID, api.Write{IfMatch: "*"})
	require.ErrorContains(t, err, "deletion_protection is true")
}

func TestCredentialReadsAreLimited(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newTwilio(t, g, newAssistant(t, g, "one").ID)
	refused := 0
	for range 100 {
		if send(t, g, request{method: http.MethodGet, path: "/v1/channels/" + c.ID + "/credentials"}).status ==
			http.StatusTooManyRequests {
			refused++
		}
	}
	require.Greater(t, refused, 20)
}
