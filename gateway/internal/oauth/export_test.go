package oauth

import (
	"context"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Publish stores the next key as if it had been published for long enough.
func (k *Keys) Publish(ctx context.Context, firstUse, retireOthers time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.publish(ctx, last(k.list()).generation+1, firstUse, retireOthers); err != nil {
		return err
	}
	_, err := k.read(ctx)
	return err
}

// LRU shows the bounded map to tests.
type LRU[V any] struct{ *lru[V] }

func NewLRU[V any](size int) LRU[V] { return LRU[V]{newLRU[V](size)} }

func (l LRU[V]) Get(key string, first func() V) V { return l.get(key, first) }
func (l LRU[V]) Remove(key string)                { l.remove(key) }
func (l LRU[V]) Len() int                         { return len(l.entries) }

// Published shows the key set.
func (k *Keys) Published(now time.Time) jose.JSONWebKeySet { return k.published(now) }

// Len is how many tokens are denied.
func (r *Revocations) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.expires)
}
