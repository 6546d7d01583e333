package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Ticket is a single-use secret that lets the media of a call in. Its fields
// are the table's columns, in their order.
type Ticket struct {
	Hash      []byte // keyed hash of the secret
	ChannelID string
	CallID    string // unique: a call has one ticket at most
	ExpiresAt time.Time
	Vars      []byte // JSON object: what the platform passed in
}

// PutTicket stores a ticket; an older one of the same call becomes void.
func (s *Store) PutTicket(ctx context.Context, t Ticket) error {
	t.ExpiresAt = utc(t.ExpiresAt)
	return wrap("put ticket", s.dialect.conflict(s.q.PutTicket(ctx, query.PutTicketParams(t))))
}

// TakeTicket burns a ticket of the channel. Of several that try, one gets it.
// Errors: ErrNotFound for unknown, used, expired and foreign tickets alike.
func (s *Store) TakeTicket(ctx context.Context, channelID string, hash []byte, now time.Time) (Ticket, error) {
	row, err := s.q.TakeTicket(ctx, query.TakeTicketParams{ChannelID: channelID, Hash: hash, Now: utc(now)})
	t := Ticket(row)
	t.ExpiresAt = utc(t.ExpiresAt)
	return t, found("ticket of channel", channelID, err)
}
