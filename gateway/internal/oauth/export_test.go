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

// Published shows the key set.
func (k *Keys) Published(now time.Time) jose.JSONWebKeySet { return k.published(now) }

// Len is how many tokens are denied.
func (r *Revocations) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.expires)
}
