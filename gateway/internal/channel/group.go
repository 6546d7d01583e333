package channel

import (
	"iter"
	"time"

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

// Indexed gives what the channel's credentials are found by: the name, the
// generation and the index of every Indexed secret.
func (l *Live) Indexed() iter.Seq2[string, LiveSecret] {
	return func(yield func(string, LiveSecret) bool) {
		for name, generations := range l.secrets {
			for _, s := range generations {
				if s.Index != nil && !yield(name, s) {
					return
				}
			}
		}
	}
}

// Generation gives the secrets of one generation that are accepted at now; ok is
// false if there are none.
func (l *Live) Generation(generation int64, now time.Time) (p Presented, ok bool) {
	p = Presented{OwnerID: l.Body.Common().CredentialsOwner, values: map[string]secret.Value{}}
	for name, generations := range l.secrets {
		for _, s := range generations {
			if s.Generation == generation && s.valid(now) {
				p.values[name] = s.Value
			}
		}
	}
	return p, len(p.values) > 0
}

// Secret gives a secret of the same generation as the one that was presented;
// it is zero when there is none of that name.
func (p Presented) Secret(name string) secret.Value { return p.values[name] }
