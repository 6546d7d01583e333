package call

import (
	"context"
	"fmt"
	"time"
)

// downstream sends the assistant's audio to the caller. Its goroutine makes
// every call of the leg except Next and End.
type downstream struct {
	leg     Leg
	play    *playout
	observe Observer
}

// run sends until the playout is closed, the context ends or the leg fails.
func (d *downstream) run(ctx context.Context) error {
	if c, ok := d.leg.(Clocked); ok {
		return d.follow(ctx, c)
	}
	buf := make([]byte, d.play.chunk*d.play.frame)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		a := d.play.next(now, buf)
		var err error
		switch a.kind {
		case actStop:
			return nil
		case actClear:
			err = d.clear(a.since)
		case actWrite:
			if a.paced {
				d.observe.FrameDelay(max(0, a.late))
			}
			err = d.write(buf[:a.n], a.mark)
		case actWait:
			timer.Reset(a.until.Sub(now))
			select {
			case <-timer.C:
			case <-d.play.wake:
			case <-ctx.Done():
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("send to the caller: %w", err)
		}
	}
}

// write sends audio and a mark, each of which may be missing. A platform that
// answers no marks gets none.
func (d *downstream) write(audio []byte, mark string) error {
	m, marking := d.leg.(Marking)
	switch {
	case marking && mark != "":
		return m.WriteMark(audio, mark)
	case len(audio) > 0:
		return d.leg.Write(audio)
	}
	return nil
}

// clear drops what the platform has queued. A leg without a queue has nothing
// to drop.
func (d *downstream) clear(since time.Time) error {
	if b, ok := d.leg.(Buffered); ok {
		if err := b.Clear(); err != nil {
			return err
		}
		d.play.cleared(time.Now())
	}
	d.observe.ClearLatency(time.Since(since))
	return nil
}
