package channel

import (
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Kind is one kind of channel. Everything the gateway does for channels in
// general (storing, sealing, rotating, auditing, routing) is written once
// around this interface. Call paths are optional interfaces: HTTPAcceptor.
type Kind interface {
	// Name is the resource name without va_channel_; it is also the path
	// element below /c/.
	Name() string
	// New gives an empty body of the admin API.
	New() api.ChannelBody
	// Secrets lists the kind's secrets.
	Secrets() []Secret
	// Outputs fills the computed fields of a body whose id is known.
	Outputs(b api.ChannelBody, e Endpoints)
	// LiveAgent is the channel's own live-agent target, "" if it has none.
	LiveAgent(b api.ChannelBody) string
}

// Secret describes one secret of a kind.
type Secret struct {
	// Name is the attribute name, for example "authentication_token".
	Name string
	// Indexed secrets are presented by callers and found by their HMAC.
	Indexed bool
	// Generate makes a new value; nil means that the user supplies it.
	Generate func() secret.Value
	// Take reads a user-supplied value from a body and removes it there, so
	// that the body can be stored; nil for generated secrets.
	Take func(b api.ChannelBody) secret.Value
	// Needed reports whether the channel of a body has this secret; nil means
	// always. One that is not needed any more is deleted, and the others are
	// issued anew, as at any change of the credentials.
	Needed func(b api.ChannelBody) bool
}

// NeededBy reports whether the channel of a body has the secret.
func (s Secret) NeededBy(b api.ChannelBody) bool { return s.Needed == nil || s.Needed(b) }

// Endpoints builds public URLs from VA_PUBLIC_URL; request headers never
// decide them.
type Endpoints struct {
	// PublicURL is the base without a trailing slash.
	PublicURL string
}

// RawAcceptor is an HTTPAcceptor whose platform may call paths that are not
// clean, with // in them for example. It gets those as they are; others are not
// found there.
type RawAcceptor interface {
	HTTPAcceptor
	RawPaths()
}

// HTTPAcceptor is a kind whose calls arrive over HTTP or WebSocket. It gets
// every request below /c/{kind}/.
type HTTPAcceptor interface {
	Kind
	// Handler is called once, at start.
	Handler(g Gateway) http.Handler
}
