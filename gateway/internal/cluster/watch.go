package cluster

import (
	"context"
	"log/slog"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Pauses between attempts to listen.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 10 * time.Second
)

// Watch hears of configuration changes that other nodes make. It only speeds up
// what the poll of the directory finds anyway, so it may fail at any time.
type Watch struct {
	// Listen calls changed for every change, and once at first, and returns when
	// it cannot go on; a store.Store's.
	Listen  func(ctx context.Context, changed func()) error
	Changed func() // must not block
	Log     *slog.Logger
}

// Run listens until the context ends, and again whenever that breaks off.
func (w *Watch) Run(ctx context.Context) {
	pause, failing := firstPause, false
	for {
		err := w.Listen(ctx, func() {
			pause = firstPause
			if failing {
				w.Log.Info("changes are announced again")
			}
			failing = false
			w.Changed()
		})
		if ctx.Err() != nil {
			return
		}
		if !failing {
			w.Log.Warn("changes are not announced; the poll finds them", telemetry.KeyError, err)
		}
		failing = true
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		pause = min(2*pause, lastPause)
	}
}
