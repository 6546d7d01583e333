package sipua

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// logEvery is the distance of two lines of the library.
const logEvery = time.Second

// quiet is the handler of sipgo's log. The library logs whole messages, with
// tokens and numbers, as often as others make it: only its own words are kept,
// a line a second. mu guards next.
type quiet struct {
	slog.Handler
	state *quietState
}

type quietState struct {
	mu   sync.Mutex
	next time.Time
}

func newLog(l *slog.Logger) *slog.Logger { return slog.New(quiet{l.Handler(), &quietState{}}) }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	q.state.mu.Lock()
	now := time.Now()
	due := !now.Before(q.state.next)
	if due {
		q.state.next = now.Add(logEvery)
	}
	q.state.mu.Unlock()
	if !due {
		return nil
	}
	return q.Handler.Handle(ctx, slog.NewRecord(r.Time, r.Level, "sip: "+r.Message, 0))
}

// WithAttrs implements slog.Handler; attributes are not kept.
func (q quiet) WithAttrs([]slog.Attr) slog.Handler { return q }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(string) slog.Handler { return q }
