package genesysaudioconnector

import (
	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Kind is the channel kind of va_channel_genesys_audio_connector.
type Kind struct{}

var _ channel.Grouped = Kind{}

// Name implements channel.Kind.
func (Kind) Name() string { return api.KindGenesysAudioConnector }

// New implements channel.Kind.
func (Kind) New() api.ChannelBody { return &api.GenesysAudioConnectorChannel{} }

// liveAgent stands for the flow: it transfers the caller, not the gateway.
const liveAgent = "flow"

// LiveAgent implements channel.Kind. The flow goes on after every call and can
// transfer, so a live agent can always be asked for.
func (Kind) LiveAgent(api.ChannelBody) string { return liveAgent }
