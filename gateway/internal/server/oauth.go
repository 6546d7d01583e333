package server

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/ingress"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// tokenEndpoint wires the OAuth2 token endpoint.
func (s *Server) tokenEndpoint(keyring *secret.Keyring) *oauth.Endpoint {
	return &oauth.Endpoint{
		Verifier: &oauth.Verifier{
			Issuer: s.config.PublicURL, Keys: &oauth.Keys{Store: s.store, Keyring: keyring},
			Revocations: &oauth.Revocations{Store: s.store}, Clients: tokenClients{s.directory},
			Metrics: s.metrics, Log: s.log,
		},
		Index: keyring.Index, Prefix: ingress.Network, Refuse: s.board.Refuse,
	}
}

// tokenClients shows the channels of the directory as clients.
type tokenClients struct{ directory *directory.Directory }

// Client implements oauth.Clients.
func (c tokenClients) Client(clientID string) (oauth.Client, bool) {
	l, kind, ok := c.directory.Client(clientID)
	if !ok {
		return oauth.Client{}, false
	}
	return oauth.Client{
		ID: clientID, ChannelID: l.ID, Enabled: *l.Body.Common().Enabled, Scopes: kind.ClientScopes(),
		Secrets: l.Secrets(channel.ClientSecret, time.Now()),
	}, true
}

// RotateSigningKey publishes the next key that signs access tokens. With
// compromised, it replaces the ones before it at once.
func RotateSigningKey(ctx context.Context, c config.Config, compromised bool) (r oauth.Rotation, err error) {
	err = offline(ctx, c, func(s *store.Store, keyring *secret.Keyring) error {
		keys := &oauth.Keys{Store: s, Keyring: keyring}
		r, err = keys.Rotate(ctx, hostActor, compromised)
		return err
	})
	return r, err
}
