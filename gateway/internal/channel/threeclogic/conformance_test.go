package threeclogic_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/channeltest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/threeclogic"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// TestConformance runs the suite of all kinds against the real gateway, in each
// dialect.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{api.ThreeCLogicMediaStreams, api.ThreeCLogicAudioCodes} {
		t.Run("3C-01 "+protocol, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, channeltest.Fixture{
				Kind:      threeclogic.Kind{},
				LiveAgent: threeclogic.Queue,
				Options: []gatewaytest.Option{
					gatewaytest.WithKinds(admin.Of[api.ThreeCLogicChannel](threeclogic.Kind{})),
				},
				Create: func(t *testing.T, g *gatewaytest.Gateway, assistantID string) api.ChannelBody {
					t.Helper()
					return create(t, g, api.ThreeCLogicChannel{
						Channel:  api.Channel{AssistantID: assistantID, ProviderApplication: "suite"},
						Protocol: protocol, AttributeAllowList: []string{"topic"},
					})
				},
				Replace: func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody {
					t.Helper()
					return replace(t, g, body, 0)
				},
				Rotate: func(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody) api.ChannelBody {
					t.Helper()
					return replace(t, g, body, body.Common().CredentialsVersion)
				},
			})
		})
	}
}

func create(t *testing.T, g *gatewaytest.Gateway, in api.ThreeCLogicChannel) *api.ThreeCLogicChannel {
	t.Helper()
	out := &api.ThreeCLogicChannel{}
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/3clogic", in, out, api.Write{}))
	return out
}

// replace sends what a user may change; a version asks for new credentials.
func replace(t *testing.T, g *gatewaytest.Gateway, body api.ChannelBody, version int64) *api.ThreeCLogicChannel {
	t.Helper()
	old := body.(*api.ThreeCLogicChannel)
	in := api.ThreeCLogicChannel{
		Protocol: old.Protocol, AuthMethods: old.AuthMethods, TransferEvent: old.TransferEvent,
		L16ByteOrder: old.L16ByteOrder, AttributeAllowList: old.AttributeAllowList, CloseOnRevocation: old.CloseOnRevocation,
	}
	in.AssistantID, in.ProviderApplication = old.AssistantID, old.ProviderApplication
	in.Enabled, in.RotationOverlap, in.MaxConcurrentCalls = old.Enabled, old.RotationOverlap, old.MaxConcurrentCalls
	in.RotateIfVersion = version
	out := &api.ThreeCLogicChannel{}
	require.NoError(t, g.Client.Put(t.Context(), "/v1/channels/"+old.ID+"/3clogic", in, out, api.Write{}))
	return out
}

// Most of a call is waiting, so more of them run at a time than there are cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err) // the testing package has lost its flag
	}
	goleak.VerifyTestMain(pgtest.Runner{M: m})
}
