package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Use is a value that is accepted once. Its fields are the table's columns, in
// their order.
type Use struct {
	Scope     string // what the value is; the same value in two scopes is two
	Hash      []byte // keyed hash of the value
	ExpiresAt time.Time
}

// UseValue notes that a value is used and reports whether it was not before: of
// several that try, on any node, one is the first. A use that has expired at now
// is none.
func (s *Store) UseValue(ctx context.Context, u Use, now time.Time) (first bool, err error) {
	n, err := s.q.UseValue(ctx, query.UseValueParams{
		Scope: u.Scope, Hash: u.Hash, ExpiresAt: utc(u.ExpiresAt), Now: utc(now),
	})
	return n == 1, wrap("use value", err)
}
