package twilio

import (
	"net/http"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Kind is the channel kind of va_channel_twilio.
type Kind struct {
	// REST replaces the base of Twilio's REST API, https://api.twilio.com, in
	// tests; nobody can configure it.
	REST string

	wait time.Duration // instead of actionWait, in tests
}

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
func (k Kind) Handler(g channel.Gateway) http.Handler {
	h := &handler{
		g: g, rest: rest{outbound: g.Outbound(), base: k.REST},
		turns: &turns{waiting: map[turnKey]chan struct{}{}}, wait: actionWait,
	}
	if k.wait != 0 {
		h.wait = k.wait
	}
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
	mux.HandleFunc("GET /c/"+api.KindTwilio+"/{id}/"+stepMedia+"/{ticket}", h.media)
	mux.HandleFunc("GET /c/"+api.KindTwilio+"/{id}/"+stepMedia, h.mediaURL)
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
	stepMediaURL      = "media-url" // a refusal's word for media_url; the path is that of media
)

// base is the URL of everything that belongs to a channel.
func base(e channel.Endpoints, channelID string) string {
	return e.PublicURL + "/c/" + api.KindTwilio + "/" + channelID + "/"
}
