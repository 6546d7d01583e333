package twilio

import (
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	// tokenSecret is the Twilio auth token, the key of every signature.
	tokenSecret = "authentication_token"
	// keySecret is the secret of the API key for Twilio's REST API.
	keySecret = "api_key_secret"
)

// Secrets implements channel.Kind. Both are the user's: Twilio issues them.
func (Kind) Secrets() []channel.Secret {
	return []channel.Secret{
		{
			Name: tokenSecret,
			Take: func(b api.ChannelBody) secret.Value {
				c := b.(*api.TwilioChannel)
				token := secret.New(c.AuthenticationToken)
				c.AuthenticationToken = ""
				return token
			},
		},
		{
			Name: keySecret,
			Take: func(b api.ChannelBody) secret.Value {
				c := b.(*api.TwilioChannel)
				key := secret.New(c.APIKeySecret)
				c.APIKeySecret = ""
				return key
			},
			Needed: func(b api.ChannelBody) bool { return b.(*api.TwilioChannel).APIKeySID != "" },
		},
	}
}

// Outputs implements channel.Kind. The URLs carry no trailing slash and no
// query: either would break the signature.
func (Kind) Outputs(b api.ChannelBody, e channel.Endpoints) {
	c := b.(*api.TwilioChannel)
	at := base(e, c.ID)
	c.URL = at + stepVoice
	c.VoiceFallbackURL = at + stepVoiceFallback
	c.StatusCallbackURL = at + stepStatus
	c.MediaURL = ""
	if c.AccountSID != "" {
		c.MediaURL = strings.Replace(at, "http", "ws", 1) + stepMedia
	}
}
