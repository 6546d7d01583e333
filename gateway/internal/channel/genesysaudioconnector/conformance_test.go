package genesysaudioconnector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/channeltest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector"
)

// TestConformance runs the suite of all kinds against the real gateway.
func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Fixture{
		Kind:      genesysaudioconnector.Kind{},
		LiveAgent: "flow",
		Create: func(t *testing.T, g *gatewaytest.Gateway, assistantID string) api.ChannelBody {
			t.Helper()
			return create(t, g, assistantID, "")
		},
		Replace: func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody {
			t.Helper()
			return put(t, g, body.(*api.GenesysAudioConnectorChannel), 0)
		},
		Rotate: func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody {
			t.Helper()
			return put(t, g, body.(*api.GenesysAudioConnectorChannel), body.Common().CredentialsVersion)
		},
	})
}

const path = "/v1/channels/genesys_audio_connector"

// create makes a channel.
func create(t *testing.T, g *gatewaytest.Gateway, assistantID, group string) *api.GenesysAudioConnectorChannel {
	t.Helper()
	in := &api.GenesysAudioConnectorChannel{CredentialGroup: group}
	in.AssistantID, in.ProviderApplication = assistantID, "suite"
	out := &api.GenesysAudioConnectorChannel{}
	require.NoError(t, g.Client.Post(t.Context(), path, in, out, api.Write{}))
	return out
}

// put sends what a user may change; rotate 0 leaves the credentials as they are.
func put(
	t *testing.T, g *gatewaytest.Gateway, body *api.GenesysAudioConnectorChannel, rotate int64,
) *api.GenesysAudioConnectorChannel {
	t.Helper()
	in := &api.GenesysAudioConnectorChannel{CredentialGroup: body.CredentialGroup}
	in.AssistantID, in.ProviderApplication = body.AssistantID, body.ProviderApplication
	in.Enabled, in.RotationOverlap, in.MaxConcurrentCalls = body.Enabled, body.RotationOverlap, body.MaxConcurrentCalls
	in.RotateIfVersion = rotate
	out := &api.GenesysAudioConnectorChannel{}
	require.NoError(t, g.Client.Put(t.Context(), "/v1/channels/"+body.ID+"/genesys_audio_connector", in, out, api.Write{}))
	return out
}
