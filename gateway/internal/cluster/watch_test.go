package cluster_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/cluster"
)

// A watch that cannot listen tries again, less and less often, and at once the
// usual way after it could.
func TestWatchTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var attempts, changes atomic.Int64
		var up atomic.Bool
		w := &cluster.Watch{
			Listen: func(ctx context.Context, changed func()) error {
				attempts.Add(1)
				if !up.Load() {
					return errAway
				}
				changed()
				<-time.After(time.Minute)
				return errAway
			},
			Changed: func() { changes.Add(1) },
			Log:     slog.New(slog.DiscardHandler),
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx) })

		pass(time.Second)
		require.EqualValues(t, 3, attempts.Load(), "after 0, 250 and 750 ms")
		pass(time.Hour)
		require.InDelta(t, 360, attempts.Load(), 15, "every 10 s")
		require.Zero(t, changes.Load())

		up.Store(true)
		pass(11 * time.Second)
		require.EqualValues(t, 1, changes.Load(), "what was missed meanwhile")
		pass(10 * time.Minute)
		require.GreaterOrEqual(t, changes.Load(), int64(10))
		cancel()
		running.Wait()
	})
}
