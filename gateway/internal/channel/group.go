package channel

import (
	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Grouped is a kind whose channels may share one set of credentials, because the
// platform gives few of them to one customer. The channels of a group are told
// apart by their address. Whose credentials a channel has is the
// CredentialsOwner of its body: an id of one length for channels and groups,
// which Outputs may put into URLs.
type Grouped interface {
	Kind
	// CredentialGroup is what the user calls the group; "" for a channel that
	// shares with nobody. Names of one kind say nothing about another.
	CredentialGroup(b api.ChannelBody) string
	// Address is what the platform names the channel by, beside the
	// credentials: unique among the channels of the kind, and the same for the
	// life of the channel.
	Address(b api.ChannelBody) string
}

// Presented is one generation of credentials, found by the Indexed secret of it
// that a caller presented.
type Presented struct {
	OwnerID string // whose they are: a channel or a group
	values  map[string]secret.Value
}

// NewPresented makes a Presented of the secrets of one generation by name.
func NewPresented(ownerID string, values map[string]secret.Value) Presented {
	return Presented{OwnerID: ownerID, values: values}
}

// Secret gives a secret of the same generation as the one that was presented;
// it is zero when there is none of that name.
func (p Presented) Secret(name string) secret.Value { return p.values[name] }
