package twilio

import (
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Kind is the channel kind of va_channel_twilio.
type Kind struct{}

var _ channel.HTTPAcceptor = Kind{}

// Name implements channel.Kind.
func (Kind) Name() string { return api.KindTwilio }

// New implements channel.Kind.
func (Kind) New() api.ChannelBody { return &api.TwilioChannel{} }

// LiveAgent implements channel.Kind.
func (Kind) LiveAgent(b api.ChannelBody) string {
	return b.(*api.TwilioChannel).PhoneNumberToLiveAgent
}

// Handler implements channel.HTTPAcceptor. Every webhook is POST only.
func (Kind) Handler(g channel.Gateway) http.Handler {
	h := &handler{g: g}
	mux := http.NewServeMux()
	for step, serve := range map[string]func(*request) (twiml, error){
		stepVoice:         h.voice,
		stepVoiceFallback: h.voiceFallback,
		stepConnectAction: h.connectAction,
		stepDialAction:    h.dialAction,
		stepStatus:        h.status,
		stepStreamStatus:  h.streamStatus,
	} {
		mux.HandleFunc("POST /c/"+api.KindTwilio+"/{id}/"+step, h.webhook(step, serve))
	}
	mux.HandleFunc("GET /c/"+api.KindTwilio+"/{id}/media/{ticket}", h.media)
	return mux
}

// Path elements below the channel, which also name the steps of refusals.
const (
	stepVoice         = "voice"
	stepVoiceFallback = "voice-fallback"
	stepConnectAction = "connect-action"
	stepDialAction    = "dial-action"
	stepStatus        = "status"
	stepStreamStatus  = "stream-status"
	stepMedia         = "media"
)

// base is the URL of everything that belongs to a channel.
func base(e channel.Endpoints, channelID string) string {
	return e.PublicURL + "/c/" + api.KindTwilio + "/" + channelID + "/"
}
