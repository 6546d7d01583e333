package channel

import "github.com/va-gateway/terraform-provider-va/gateway/api"

// OAuthClient is a kind whose channels are clients of the token endpoint: the
// platform gets access tokens with the channel's client id and client secret.
// The secret is the kind's Secret named ClientSecret, indexed and generated;
// while rotation_overlap lasts, the replaced one works too.
type OAuthClient interface {
	Kind
	// ClientID is the channel's client_id: 1 to 128 printable ASCII characters,
	// the same for the life of the channel and unique among all channels.
	ClientID(b api.ChannelBody) string
	// ClientScopes lists what a token of the kind may carry.
	ClientScopes() []string
}

// ClientSecret is the name of the secret of an OAuthClient.
const ClientSecret = "client_secret"

// ClientSecretPrefix is what secret scanners know generated client secrets by.
const ClientSecretPrefix = "vas_"

// Scopes of access tokens.
const (
	ScopeContextWrite  = "context:write"  // hand a call's context over
	ScopeContextRead   = "context:read"   // read what became of the call
	ScopeStreamConnect = "stream:connect" // open a media WebSocket
	ScopeWebRTCToken   = "webrtc:token"   // mint call tokens for browsers
)
