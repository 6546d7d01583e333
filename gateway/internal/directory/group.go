package directory

import (
	"maps"
	"slices"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// presentedKey is what a presented secret is looked up by.
type presentedKey struct{ kind, name, index string }

// ownerKey names who has credentials.
type ownerKey struct{ kind, id string }

// generation is a generation of credentials, as any channel that has them knows
// it.
type generation struct {
	of     *channel.Live
	number int64
}

// Presented finds the credentials that are accepted at now by the value of one
// of their Indexed secrets. The effort depends neither on the value nor on how
// many there are.
func (d *Directory) Presented(kind, name, value string, now time.Time) (channel.Presented, bool) {
	index := string(d.Keyring.Index(name, value)) // for unknown values, too
	s := d.current.Load()
	if s == nil {
		return channel.Presented{}, false
	}
	found, ok := s.presented[presentedKey{kind, name, index}]
	if !ok {
		return channel.Presented{}, false
	}
	p, ok := found.of.Generation(found.number, now)
	return p, ok && !p.Secret(name).IsZero()
}

// Members gives the channels that have an owner's credentials, by address.
func (d *Directory) Members(kind, ownerID string) map[string]*channel.Live {
	s := d.current.Load()
	if s == nil {
		return nil
	}
	return s.members[ownerKey{kind, ownerID}]
}

func presented(channels map[string]*channel.Live) map[presentedKey]generation {
	found := map[presentedKey]generation{}
	for _, l := range channels {
		for name, s := range l.Indexed() {
			found[presentedKey{l.Kind, name, string(s.Index)}] = generation{l, s.Generation}
		}
	}
	return found
}

// members maps addresses to channels. Addresses are unique; should two channels
// claim one, every gateway takes the older channel.
func (d *Directory) members(channels map[string]*channel.Live) map[ownerKey]map[string]*channel.Live {
	members := map[ownerKey]map[string]*channel.Live{}
	for _, id := range slices.Sorted(maps.Keys(channels)) {
		l := channels[id]
		kind, ok := d.Kinds[l.Kind].(channel.Grouped)
		if !ok {
			continue
		}
		owner, address := ownerKey{l.Kind, l.Body.Common().CredentialsOwner}, kind.Address(l.Body)
		if members[owner] == nil {
			members[owner] = map[string]*channel.Live{}
		}
		if _, taken := members[owner][address]; !taken && address != "" {
			members[owner][address] = l
		}
	}
	return members
}
