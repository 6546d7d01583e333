package oauth

import (
	"crypto/subtle"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Client is a client of the token endpoint: one channel.
type Client struct {
	ID        string
	ChannelID string // audience of its tokens
	Enabled   bool
	Scopes    []string
	// Secrets are the valid generations of its secret, newest first, two at
	// most.
	Secrets []secret.Value
}

// Clients finds clients in memory.
type Clients interface {
	// Client finds a client by its client_id, disabled ones included.
	Client(clientID string) (Client, bool)
}

// maxGenerations of a secret are compared, whether there are as many or not.
const maxGenerations = 2

// maxClientID bounds what is looked up and remembered of a client_id.
const maxClientID = 128

// secretCheck verifies client secrets. It does the same work for an unknown client, a
// disabled one and a wrong secret, so that its duration says nothing.
type secretCheck struct {
	clients Clients
	index   func(kind, presented string) []byte
	dummy   secret.Value
}

func newSecretCheck(clients Clients, index func(kind, presented string) []byte) secretCheck {
	return secretCheck{clients, index, secret.Generate(channel.ClientSecretPrefix)}
}

// check is match for a client that may do anything at present.
func (s secretCheck) check(clientID, presented string) (Client, bool) {
	client, ok := s.match(clientID, presented)
	return client, ok && client.Enabled
}

// match compares keyed hashes, which have one length whatever was presented.
func (s secretCheck) match(clientID, presented string) (Client, bool) {
	client, known := s.clients.Client(clientID)
	got := s.index(channel.ClientSecret, presented)
	match := 0
	for n := range maxGenerations {
		want, stored := s.dummy, 0
		if n < len(client.Secrets) {
			want, stored = client.Secrets[n], 1
		}
		match |= stored & subtle.ConstantTimeCompare(got, s.index(channel.ClientSecret, want.Reveal()))
	}
	return client, known && match == 1
}
