package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/threeclogic/platform"
)

// A connection of 3CLogic × every kind of wrong secret.
func testUnauthenticatedThreeCLogic(t *testing.T) {
	r := newRig(t)
	create := func() *api.ThreeCLogicChannel {
		in, out := &api.ThreeCLogicChannel{}, &api.ThreeCLogicChannel{}
		in.AssistantID, in.ProviderApplication = r.a.AssistantID, "threats"
		require.NoError(t, r.Client.Post(t.Context(), "/v1/channels/"+api.KindThreeCLogic, in, out, api.Write{}))
		return out
	}
	good, other, expired, revoked := create(), create(), create(), create()
	put := api.ThreeCLogicChannel{Channel: api.Channel{
		AssistantID: expired.AssistantID, ProviderApplication: expired.ProviderApplication,
		RotationOverlap: new(api.Duration(0)), RotateIfVersion: expired.CredentialsVersion,
	}}
	path := "/v1/channels/" + expired.ID + "/" + api.KindThreeCLogic
	require.NoError(t, r.Client.Put(t.Context(), path, put, &api.ThreeCLogicChannel{}, api.Write{}))
	require.NoError(t, r.Client.Delete(t.Context(), "/v1/channels/"+revoked.ID, api.Write{IfMatch: "*"}))
	for _, tt := range []struct {
		name        string
		channel     *api.ThreeCLogicChannel
		credentials map[string]string
	}{
		{"wrong", good, map[string]string{channel.ClientSecret: channel.ClientSecretPrefix + "wrong"}},
		{"other channel's", good, other.Credentials},
		{"expired", expired, expired.Credentials},
		{"revoked", revoked, revoked.Credentials},
	} {
		_, err := platform.Platform{}.Dial(t.Context(), channel.Placement{
			Body: tt.channel, Credentials: tt.credentials, From: "+15105550100", To: "+18885550199",
		})
		var refused *channel.RefusedError
		require.ErrorAs(t, err, &refused, tt.name)
		statuses := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
		require.Contains(t, statuses, refused.Status, tt.name)
	}
	require.NotContains(t, r.Log(), "call started", "no engine was dialled")
	r.works()
}
