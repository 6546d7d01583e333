package genesysaudioconnector

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	// keySecret is the API key: it is sent in X-API-KEY and as keyid of the
	// signature. Genesys takes ^[a-zA-Z0-9+/_-]+={0,2}$.
	keySecret = "api_key"
	// keyPrefix is what secret scanners know generated API keys by.
	keyPrefix = "vak_"
	// clientSecret is the key of every signature, in base64. Genesys decodes it.
	clientSecret = "client_secret"
)

// Secrets implements channel.Kind. Both are generated, and only valid together:
// an API key goes with the client secret of its generation.
func (Kind) Secrets() []channel.Secret {
	return []channel.Secret{
		{Name: keySecret, Indexed: true, Generate: func() secret.Value { return secret.Generate(keyPrefix) }},
		{Name: clientSecret, Generate: secret.GenerateKey},
	}
}

// CredentialGroup implements channel.Grouped.
func (Kind) CredentialGroup(b api.ChannelBody) string {
	return b.(*api.GenesysAudioConnectorChannel).CredentialGroup
}

// Address implements channel.Grouped.
func (Kind) Address(b api.ChannelBody) string { return connectorID(b.Common().ID) }

// Outputs implements channel.Kind. The URI has no trailing slash; Genesys puts
// the connector ID behind it.
func (k Kind) Outputs(b api.ChannelBody, e channel.Endpoints) {
	c := b.(*api.GenesysAudioConnectorChannel)
	c.BaseConnectionURI = strings.Replace(e.PublicURL, "http", "ws", 1) + pathPrefix + c.CredentialsOwner
	c.ConnectorID = k.Address(b)
}

// pathPrefix is followed by the id of the credentials' owner, whose length is
// fixed: how Genesys joins the connector ID to it, with a slash or without, is
// not documented.
const pathPrefix = "/c/" + api.KindGenesysAudioConnector + "/"

// connectorBytes of the hash are the connector ID: 32 characters.
const connectorBytes = 24

// connectorID is derived from the channel's id, so that it needs no place of its
// own and stays the same, yet does not show it: the channel's id is in logs, what
// flows name it by is not.
func connectorID(channelID string) string {
	sum := sha256.Sum256([]byte(api.KindGenesysAudioConnector + "\x00" + channelID))
	return base64.RawURLEncoding.EncodeToString(sum[:connectorBytes])
}
