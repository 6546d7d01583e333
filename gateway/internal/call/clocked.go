package call

import (
	"context"
	"fmt"
	"time"
)

// Clocked is a leg with a clock of its own, which it may share with the legs of
// other calls: it asks for audio, and Write is never called. Like other legs
// without a queue it has played what it was given.
type Clocked interface {
	Leg
	// Play asks for one frame of 20 ms after the other, each when it is to be
	// sent, until the answer is false or the leg fails. due is the exact moment
	// by the leg's clock. next fills the frame; it does not block and may be
	// called by any goroutine, one at a time, but not after Play has returned.
	Play(next func(due time.Time, frame []byte) bool) error
}

// follow answers a leg that asks, until the playout is closed, the context ends
// or the leg fails.
func (d *downstream) follow(ctx context.Context, leg Clocked) error {
	err := leg.Play(func(due time.Time, frame []byte) bool {
		return ctx.Err() == nil && d.frame(due, frame)
	})
	if err != nil {
		return fmt.Errorf("send to the caller: %w", err)
	}
	return nil
}

// frame fills one frame; false means that there will be no more.
func (d *downstream) frame(due time.Time, frame []byte) bool {
	now := time.Now()
	for {
		switch a := d.play.asked(now, frame); a.kind {
		case actClear: // nothing is queued outside the session
			d.observe.ClearLatency(now.Sub(a.since))
		case actWrite:
			d.observe.FrameDelay(max(0, now.Sub(due)))
			return true
		default:
			return false
		}
	}
}

// asked is next for a leg that knows when audio is due: now.
func (p *playout) asked(now time.Time, frame []byte) action {
	p.cleared(now)
	return p.next(now, frame)
}
