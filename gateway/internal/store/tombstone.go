package store

import (
	"context"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Entomb marks an id that was deleted before it came into being: until expires
// nothing can be inserted under it, so a create that was delayed on the way
// leaves no orphan.
func (t *Tx) Entomb(ctx context.Context, id string, expires time.Time) error {
	return wrap("entomb", t.q.Entomb(ctx, query.EntombParams{ID: id, ExpiresAt: utc(expires)}))
}

// Tombstoned reports whether an id is marked at now.
func (r reader) Tombstoned(ctx context.Context, id string, now time.Time) (bool, error) {
	gone, err := r.q.Tombstoned(ctx, query.TombstonedParams{ID: id, Now: utc(now)})
	return gone, wrap("read tombstone", err)
}

func (t *Tx) notGone(ctx context.Context, id string, now time.Time) error {
	gone, err := t.Tombstoned(ctx, id, now)
	if err != nil {
		return err
	}
	if gone {
		return fmt.Errorf("%q was deleted before: %w", id, ErrGone)
	}
	return nil
}
