package switchboard

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/lru"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// maxUsed bounds the used values that a process remembers. It takes a value that
// the database would take, so the bound matters while that is away only.
const maxUsed = 65_536

// used remembers what was used, in front of the database: a value that comes
// again and again costs no statement. mu guards the map.
type used struct {
	store usedStore
	log   *slog.Logger

	mu   sync.Mutex
	seen *lru.Map[usedKey, *time.Time] // until when
}

// usedStore is what used needs of a store.Store.
type usedStore interface {
	UseValue(ctx context.Context, u store.Use, now time.Time) (bool, error)
}

type usedKey struct{ scope, hash string }

func newUsed(s usedStore, log *slog.Logger) *used {
	return &used{store: s, log: log, seen: lru.New[usedKey, *time.Time](maxUsed)}
}

// Once implements channel.Gateway.
func (s *Switchboard) Once(ctx context.Context, scope, value string, ttl time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	now := s.Now().UTC()
	return s.used.once(ctx, store.Use{
		Scope: scope, Hash: s.Keyring.Index("once/"+scope, value), ExpiresAt: now.Add(ttl),
	}, now), nil
}

// once reports whether a value is used for the first time. The value counts as
// used from the moment it is asked for, so that of several at once one goes on
// to the database, which knows what other nodes used.
func (u *used) once(ctx context.Context, use store.Use, now time.Time) bool {
	if !u.claim(usedKey{use.Scope, string(use.Hash)}, use.ExpiresAt, now) {
		return false
	}
	bounded, cancel := lasting(ctx)
	defer cancel()
	first, err := u.store.UseValue(bounded, use, now)
	if err != nil {
		u.log.Debug("use of a value held in memory", telemetry.KeyKind, use.Scope, telemetry.KeyError, err)
		return true
	}
	return first
}

// claim reports whether this process does not remember the value.
func (u *used) claim(key usedKey, expires, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	until := u.seen.Get(key, func() *time.Time { return new(time.Time{}) })
	if now.Before(*until) {
		return false
	}
	*until = expires
	return true
}
