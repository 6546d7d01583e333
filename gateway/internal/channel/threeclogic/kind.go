package threeclogic

import (
	"net/http"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Kind is the channel kind of va_channel_3clogic.
type Kind struct {
	times *times // nil: the standard ones
}

var (
	_ channel.HTTPAcceptor = Kind{}
	_ channel.OAuthClient  = Kind{}
)

// times are how long the channel waits for what.
type times struct {
	first   time.Duration // for the first message, for start, and for the engine
	media   time.Duration // for caller audio
	resume  time.Duration // for a lost connection to come back
	revoked time.Duration // between looks at whether the channel still exists
	goodbye time.Duration // for session.end
	idle    time.Duration // for anything at all from the other end
	start   time.Duration // for the event start, which holds the call's parameters
	write   time.Duration // for a message to be taken
}

var standard = times{
	first: 5 * time.Second, media: 30 * time.Second, resume: 10 * time.Second, revoked: time.Second,
	goodbye: 5 * time.Second, idle: 3 * pingEvery, start: time.Second, write: 5 * time.Second,
}

// pingEvery is the distance of pings; a platform that misses two is gone.
const pingEvery = 15 * time.Second

// Queue is the live-agent target of every channel: the queue that the platform
// has configured itself, so the gateway knows no address of it.
const Queue = "queue"

// Name implements channel.Kind.
func (Kind) Name() string { return api.KindThreeCLogic }

// New implements channel.Kind.
func (Kind) New() api.ChannelBody { return &api.ThreeCLogicChannel{} }

// LiveAgent implements channel.Kind.
func (Kind) LiveAgent(api.ChannelBody) string { return Queue }

// Secrets implements channel.Kind.
func (Kind) Secrets() []channel.Secret {
	return []channel.Secret{{
		Name: channel.ClientSecret, Indexed: true,
		Generate: func() secret.Value { return secret.Generate(channel.ClientSecretPrefix) },
	}}
}

// ClientID implements channel.OAuthClient.
func (Kind) ClientID(b api.ChannelBody) string {
	return "va_cl_" + strings.TrimPrefix(b.Common().ID, api.PrefixChannel)
}

// ClientScopes implements channel.OAuthClient.
func (Kind) ClientScopes() []string {
	return []string{channel.ScopeStreamConnect, channel.ScopeContextRead}
}

// Outputs implements channel.Kind.
func (k Kind) Outputs(b api.ChannelBody, e channel.Endpoints) {
	c := b.(*api.ThreeCLogicChannel)
	at := e.PublicURL + "/c/" + api.KindThreeCLogic + "/" + c.ID
	c.URL = strings.Replace(at, "http", "ws", 1)
	c.TokenURL = e.PublicURL + "/oauth2/token"
	c.ClientID, c.Scopes = k.ClientID(b), k.ClientScopes()
	c.OutcomeURLTemplate = at + "/call-contexts/{correlation_id}/outcome"
}

// Handler implements channel.HTTPAcceptor.
func (k Kind) Handler(g channel.Gateway) http.Handler {
	h := &handler{g: g, times: standard, sessions: newSessions()}
	if k.times != nil {
		h.times = *k.times
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /c/"+api.KindThreeCLogic+"/{id}", h.stream)
	mux.HandleFunc("POST /c/"+api.KindThreeCLogic+"/{id}/stream-tickets", h.tickets)
	mux.HandleFunc("GET /c/"+api.KindThreeCLogic+"/{id}/call-contexts/{correlation_id}/outcome", h.outcome)
	return mux
}

// handler serves every channel of the kind.
type handler struct {
	g        channel.Gateway
	times    times
	sessions *sessions
}

// body is the configuration of a channel.
func body(l *channel.Live) *api.ThreeCLogicChannel { return l.Body.(*api.ThreeCLogicChannel) }
