package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// A secret that a channel may have or not: gained and changed it rotates, not
// needed any more it is deleted at once, without an overlap.
func TestOptionalSecret(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		const account, key = "AC0123456789abcdef0123456789abcdef", "SK0123456789abcdef0123456789abcdef"
		keySecret := strings.Replace(plantedToken, "planted", "api-key", 1)
		in := newTwilio(t, g, newAssistant(t, g, "one").ID)
		id, path := in.ID, "/v1/channels/"+in.ID+"/twilio"
		in.Credentials = nil
		put := func() (out api.TwilioChannel) {
			t.Helper()
			require.NoError(t, g.Client.Put(t.Context(), path, in, &out, api.Write{}))
			require.Empty(t, out.APIKeySecret)
			return out
		}
		secrets := func() map[string]string {
			t.Helper()
			var read api.Credentials
			require.NoError(t, g.Client.Get(t.Context(), "/v1/channels/"+id+"/credentials", &read))
			return read.Values
		}
		require.Empty(t, in.MediaURL)

		in.AccountSID = account
		out := put()
		require.EqualValues(t, 1, out.CredentialsVersion)
		require.Equal(t, "ws"+strings.TrimPrefix(g.PublicURL, "http")+"/c/twilio/"+id+"/media", out.MediaURL)

		in.APIKeySID = key
		var problem *api.Problem
		err := g.Client.Put(t.Context(), path, in, nil, api.Write{})
		require.ErrorAs(t, err, &problem)
		require.Equal(t, http.StatusUnprocessableEntity, problem.Status)
		require.Equal(t, "body.api_key_secret", problem.Errors[0].Location)
		dry := g.Client.Put(t.Context(), path, in, nil, api.Write{DryRun: true})
		require.ErrorAs(t, dry, &problem, "a plan learns it, too")

		in.APIKeySecret = keySecret
		out = put()
		require.EqualValues(t, 2, out.CredentialsVersion)
		want := map[string]string{"authentication_token": plantedToken, "api_key_secret": keySecret}
		require.Equal(t, want, out.Credentials)
		require.Equal(t, want, secrets())
		require.EqualValues(t, 2, put().CredentialsVersion, "the same secret again is no rotation")

		in.APIKeySecret, in.Name = "", "renamed"
		require.EqualValues(t, 2, put().CredentialsVersion, "an absent secret is unchanged")
		require.Equal(t, want, secrets())

		in.APIKeySID = ""
		out = put()
		require.EqualValues(t, 3, out.CredentialsVersion)
		require.Empty(t, out.APIKeySID)
		require.Equal(t, map[string]string{"authentication_token": plantedToken}, secrets())
		require.EqualValues(t, 3, put().CredentialsVersion)

		in.AccountSID = ""
		in.MediaURL = "wss://elsewhere.example.com/media" // computed: what a client sends does not matter
		require.Empty(t, put().MediaURL)
		require.NotContains(t, g.Log(), keySecret)
	})
}

func TestOptionalSecretOnCreate(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	in := api.TwilioChannel{
		AuthenticationToken: plantedToken, AccountSID: "AC0123456789abcdef0123456789abcdef",
		APIKeySID: "SK0123456789abcdef0123456789abcdef",
	}
	in.AssistantID, in.ProviderApplication = newAssistant(t, g, "one").ID, "shop"
	var problem *api.Problem
	require.ErrorAs(t, g.Client.Post(t.Context(), "/v1/channels/twilio", in, nil, api.Write{}), &problem)
	require.Equal(t, "body.api_key_secret", problem.Errors[0].Location)

	in.APIKeySecret = plantedToken
	var out api.TwilioChannel
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/twilio", in, &out, api.Write{}))
	require.Len(t, out.Credentials, 2)
}
