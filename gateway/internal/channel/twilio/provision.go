package twilio

import (
	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// tokenSecret is the Twilio auth token, the key of every signature.
const tokenSecret = "authentication_token"

// Secrets implements channel.Kind. The token is the user's: Twilio issues it.
func (Kind) Secrets() []channel.Secret {
	return []channel.Secret{{
		Name: tokenSecret,
		Take: func(b api.ChannelBody) secret.Value {
			c := b.(*api.TwilioChannel)
			token := secret.New(c.AuthenticationToken)
			c.AuthenticationToken = ""
			return token
		},
	}}
}

// Outputs implements channel.Kind. The URLs carry no trailing slash and no
// query: either would break the signature.
func (Kind) Outputs(b api.ChannelBody, e channel.Endpoints) {
	c := b.(*api.TwilioChannel)
	at := base(e, c.ID)
	c.URL = at + stepVoice
	c.VoiceFallbackURL = at + stepVoiceFallback
	c.StatusCallbackURL = at + stepStatus
}
