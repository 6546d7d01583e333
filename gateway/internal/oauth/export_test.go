package oauth

import (
	"context"
	"time"
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
