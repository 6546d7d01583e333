package twilio_test

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/channeltest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio"
)

const agentNumber = "+14155550123"

// TestConformance runs the suite of all kinds against the real gateway.
func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Fixture{
		Kind:      twilio.Kind{},
		LiveAgent: agentNumber,
		Create: func(t *testing.T, g *gatewaytest.Gateway, assistantID string) api.ChannelBody {
			t.Helper()
			in := &api.TwilioChannel{
				PhoneNumberToLiveAgent: agentNumber,
				AuthenticationToken:    rand.Text() + rand.Text(),
			}
			in.AssistantID, in.ProviderApplication = assistantID, "suite"
			out := &api.TwilioChannel{}
			require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/twilio", in, out, api.Write{}))
			return out
		},
		Replace: func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody {
			t.Helper()
			return put(t, g, body, "")
		},
		Rotate: func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody {
			t.Helper()
			return put(t, g, body, rand.Text()+rand.Text())
		},
	})
}

// put sends what a user may change; an empty token leaves it as it is.
func put(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody, token string) api.ChannelBody {
	t.Helper()
	in := &api.TwilioChannel{
		PhoneNumberToLiveAgent: body.(*api.TwilioChannel).PhoneNumberToLiveAgent,
		AuthenticationToken:    token,
	}
	c := body.Common()
	in.AssistantID, in.ProviderApplication = c.AssistantID, c.ProviderApplication
	in.Enabled, in.RotationOverlap = c.Enabled, c.RotationOverlap
	in.MaxConcurrentCalls = c.MaxConcurrentCalls
	out := &api.TwilioChannel{}
	require.NoError(t, g.Client.Put(t.Context(), "/v1/channels/"+c.ID+"/twilio", in, out, api.Write{}))
	return out
}
