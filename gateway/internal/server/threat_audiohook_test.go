package server_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector/platform"
)

// connector makes a channel of the Audio Connector.
func (r *rig) connector() *api.GenesysAudioConnectorChannel {
	r.t.Helper()
	in, out := &api.GenesysAudioConnectorChannel{}, &api.GenesysAudioConnectorChannel{}
	in.AssistantID, in.ProviderApplication = r.a.AssistantID, "threats"
	require.NoError(r.t, r.Client.Post(r.t.Context(), "/v1/channels/"+api.KindGenesysAudioConnector, in, out, api.Write{}))
	return out
}

// A connection × every kind of wrong secret. Nobody without credentials learns
// which connectors exist.
func testUnsignedConnections(t *testing.T) {
	r := newRig(t)
	good, other, expired, revoked := r.connector(), r.connector(), r.connector(), r.connector()
	path := "/v1/channels/" + expired.ID + "/" + api.KindGenesysAudioConnector
	put := api.GenesysAudioConnectorChannel{Channel: api.Channel{
		AssistantID: expired.AssistantID, ProviderApplication: expired.ProviderApplication,
		RotationOverlap: new(api.Duration(0)), RotateIfVersion: expired.CredentialsVersion,
	}}
	require.NoError(t, r.Client.Put(t.Context(), path, put, &api.GenesysAudioConnectorChannel{}, api.Write{}))
	require.NoError(t, r.Client.Delete(t.Context(), "/v1/channels/"+revoked.ID, api.Write{IfMatch: "*"}))
	dial := func(c *api.GenesysAudioConnectorChannel, credentials map[string]string) (channel.Line, int) {
		line, err := platform.Genesys{}.Dial(t.Context(), channel.Placement{
			Body: c, Credentials: credentials, From: "+15105550100", To: "+18885550199",
		})
		var refused *channel.RefusedError
		if errors.As(err, &refused) {
			return nil, refused.Status
		}
		require.NoError(t, err)
		return line, http.StatusSwitchingProtocols
	}
	guess := *good
	guess.ConnectorID = "guessed"
	wrong := map[string]string{"api_key": good.Credentials["api_key"], "client_secret": other.Credentials["client_secret"]}
	for _, tt := range []struct {
		name        string
		channel     *api.GenesysAudioConnectorChannel
		credentials map[string]string
		status      int
	}{
		{"unknown key", good, map[string]string{"api_key": "vak_x", "client_secret": "d3Jvbmc="}, http.StatusUnauthorized},
		{"wrong secret", good, wrong, http.StatusUnauthorized},
		{
			"unknown key, guessed connector", &guess,
			map[string]string{"api_key": "x", "client_secret": "x"},
			http.StatusUnauthorized,
		},
		{"other channel's", good, other.Credentials, http.StatusNotFound},
		{"expired", expired, expired.Credentials, http.StatusUnauthorized},
		{"revoked", revoked, revoked.Credentials, http.StatusUnauthorized},
	} {
		line, status := dial(tt.channel, tt.credentials)
		require.Nil(t, line, tt.name)
		require.Equal(t, tt.status, status, tt.name)
	}
	require.NotContains(t, r.Log(), "call started", "no engine was dialled")

	line, status := dial(good, good.Credentials)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	r.conversation()
	go func() { // the ear must stay open until the line closes
		for range line.Heard() {
		}
	}()
	line.Hangup()
	_, err := line.Wait(t.Context())
	require.NoError(t, err)
	r.works()
}
