package switchboard

import (
	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

func newCallID() string { return api.PrefixCall + ulid.Make().String() }

// Hold implements channel.Gateway. The place is that of the call id, so Offer
// finds it taken already.
func (s *Switchboard) Hold(l *channel.Live) (held string, release func(), err error) {
	if !l.Active {
		return "", nil, channel.ErrInactive
	}
	e := &entry{id: newCallID(), live: l}
	if err := s.reserve(e); err != nil {
		return "", nil, err
	}
	return e.id, func() {
		if _, offered := s.entry(e.id); !offered {
			s.Registry.Release(e.id)
		}
	}, nil
}

// Clients implements channel.Gateway.
func (s *Switchboard) Clients() channel.Clients { return s.Platforms }
