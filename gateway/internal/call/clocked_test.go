package call_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// clocked is a leg in memory that asks for its audio.
type clocked struct {
	*fakeLeg
	broken chan error
	pause  func(frames int) time.Duration // before a frame, besides the clock
}

func newClocked() *clocked { return &clocked{fakeLeg: newLeg(), broken: make(chan error, 1)} }

func (c *clocked) Play(next func(due time.Time, frame []byte) bool) error {
	frame := make([]byte, c.format.FrameBytes())
	for n, due := 0, time.Now(); ; n, due = n+1, due.Add(audio.FrameDuration) {
		if c.pause != nil {
			<-time.After(c.pause(n))
		}
		select {
		case err := <-c.broken:
			return err
		case <-time.After(time.Until(due)):
		}
		if !next(due, frame) {
			return nil
		}
		if err := c.Write(frame); err != nil {
			return err
		}
	}
}

func TestClockedLegIsAskedForFrames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newClocked()
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		r.say("a", 1, 500*time.Millisecond)
		r.pass(time.Second)
		res := hangUp(r, leg.inputs)

		writes := leg.log()
		require.GreaterOrEqual(t, len(writes), 100)
		for i, w := range writes {
			require.Equal(t, time.Duration(i)*audio.FrameDuration, w.at.Sub(r.start), "frame %d", i)
		}
		require.Equal(t, fill(silence, 20*time.Millisecond), writes[0].data)
		require.Equal(t, fill(1, 500*time.Millisecond), withoutSilence(leg.fakeLeg))
		require.Equal(t, int64(len(writes)), res.Stats.FramesOut)
		require.Len(t, r.seen.delays, len(writes))
		require.Equal(t, 500*time.Millisecond, res.Turns[0].Heard)
	})
}

func TestBargeInOnClockedLeg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newClocked()
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		r.say("a", 1, 4*time.Second)
		r.pass(1230 * time.Millisecond)
		heard := len(withoutSilence(leg.fakeLeg))
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		r.pass(time.Second)
		require.Len(t, withoutSilence(leg.fakeLeg), heard, "not a frame of the old audio")
		got := interrupts(r.engine.conv())
		require.Len(t, got, 1)
		require.Equal(t, leg.format.Duration(heard).Milliseconds(), got[0].PlayedMS, "exact")
		require.Len(t, r.seen.clears, 1)
		require.LessOrEqual(t, r.seen.clears[0], audio.FrameDuration)
		hangUp(r, leg.inputs)
	})
}

func TestLateClockedLegGetsEveryFrameOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newClocked()
		leg.pause = func(frames int) time.Duration {
			if frames == 20 {
				return 500 * time.Millisecond // the leg decides what to make of it
			}
			return 0
		}
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, time.Second)
		r.pass(3 * time.Second)
		require.Equal(t, fill(1, time.Second), withoutSilence(leg.fakeLeg))
		hangUp(r, leg.inputs)
		require.NotZero(t, r.seen.delays[21])
	})
}

func TestClockedLegFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newClocked()
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		leg.broken <- errors.New("no route to the caller")
		res := r.wait()
		require.Equal(t, call.ReasonLegFailed, res.Reason)
		require.ErrorContains(t, r.err, "no route to the caller")
	})
}
