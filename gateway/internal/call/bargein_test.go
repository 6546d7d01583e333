package call_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// interrupts gives the Interrupt commands a conversation got.
func interrupts(c *fakeConv) []call.Interrupt {
	var all []call.Interrupt
	for _, cmd := range c.did() {
		if i, ok := cmd.(call.Interrupt); ok {
			all = append(all, i)
		}
	}
	return all
}

func TestBargeInOnBufferedLegTW10(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		ahead time.Duration
		delay time.Duration
		mute  bool
		at    time.Duration // of the interruption, after the audio began
		done  bool          // the engine has finished generating
	}{
		{name: "while generating", ahead: time.Hour, at: 1230 * time.Millisecond},
		{name: "after generating", ahead: time.Hour, at: 1230 * time.Millisecond, done: true},
		{name: "at the very beginning", ahead: time.Hour, at: 10 * time.Millisecond, done: true},
		{name: "small platform queue", ahead: 200 * time.Millisecond, at: 1230 * time.Millisecond, done: true},
		{name: "slow network", ahead: time.Hour, delay: 40 * time.Millisecond, at: 1230 * time.Millisecond, done: true},
		{name: "no echoes", ahead: time.Hour, at: 1230 * time.Millisecond, done: true, mute: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newPlayer(tt.ahead)
				leg.delay, leg.mute = tt.delay, tt.mute
				r := run(t, leg, &fakeEngine{}, nil)
				r.pass(3 * time.Second) // silence before must not count
				conv := r.engine.conv()
				conv.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 4*time.Second)})
				if tt.done {
					conv.emit(call.Event{Kind: call.EventAudioDone, Item: "a"})
				}
				synctest.Wait()
				r.pass(tt.at)
				truth := leg.format.Duration(leg.played(1))
				r.emit(call.Event{Kind: call.EventSpeechStarted})
				now := time.Now()
				// What the engine still sends of it is ignored; the next is not.
				r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(2, time.Second)})
				r.say("b", 3, time.Second)
				r.pass(2 * time.Second)

				require.Len(t, leg.clearTimes(), 1)
				require.LessOrEqual(t, leg.clearTimes()[0].Sub(now), 20*time.Millisecond)
				require.Len(t, r.seen.clears, 1)
				require.LessOrEqual(t, r.seen.clears[0], 20*time.Millisecond)
				got := interrupts(conv)
				require.Len(t, got, 1)
				require.Equal(t, "a", got[0].Item)
				require.InDelta(t, truth.Milliseconds(), got[0].PlayedMS, 100)
				require.Zero(t, leg.played(2))
				require.Equal(t, 8000, leg.played(3))
				for _, w := range leg.log() {
					require.False(t, w.at.After(leg.clearTimes()[0]) && w.data[0] == 1, "old audio after the clear")
				}

				res := hangUp(r, leg.inputs)
				require.Equal(t, int64(1), res.Stats.Interruptions)
				require.True(t, res.Turns[0].Interrupted)
				require.InDelta(t, truth.Milliseconds(), res.Turns[0].Heard.Milliseconds(), 100)
				require.False(t, res.Turns[1].Interrupted)
				require.Equal(t, time.Second, res.Turns[1].Heard)
			})
		})
	}
}

func TestBargeInOnExactLeg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, 4*time.Second)
		r.pass(1230 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		got := interrupts(r.engine.conv())
		require.Len(t, got, 1)
		require.InDelta(t, 1230, got[0].PlayedMS, 20)
		require.Equal(t, []time.Duration{0}, r.seen.clears)
		writes := len(leg.log())
		r.pass(100 * time.Millisecond)
		for _, w := range leg.log()[writes:] {
			require.Equal(t, fill(silence, 20*time.Millisecond), w.data)
		}
		hangUp(r, leg.inputs)
	})
}

func TestSecondItemIsInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, time.Second)
		r.say("b", 2, time.Second)
		r.say("c", 3, time.Second)
		r.pass(1500 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		got := interrupts(r.engine.conv())
		require.Len(t, got, 1)
		require.Equal(t, "b", got[0].Item)
		require.InDelta(t, 500, got[0].PlayedMS, 100)
		res := hangUp(r, leg.inputs)
		require.Equal(t, time.Second, res.Turns[0].Heard)
		require.False(t, res.Turns[0].Interrupted)
		require.Zero(t, res.Turns[2].Heard)
	})
}

func TestNothingToInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, time.Second)
		r.pass(1100 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventSpeechStarted}, call.Event{Kind: call.EventClear})
		require.Empty(t, interrupts(r.engine.conv()))
		require.Empty(t, leg.clearTimes())
		require.Zero(t, hangUp(r, leg.inputs).Stats.Interruptions)
	})
}

func TestLateEchoesChangeNothingTW11(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, 4*time.Second)
		r.pass(500 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventClear})
		old := leg.markNames()
		r.say("b", 2, 4*time.Second)
		r.pass(510 * time.Millisecond)
		for _, name := range append(old, "g1-99", "g7-1", "g1", "gx-1", "", "final") {
			leg.inputs <- call.Input{Kind: call.InputMark, Mark: name}
		}
		synctest.Wait()
		truth := leg.format.Duration(leg.played(2))
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		got := interrupts(r.engine.conv())
		require.Len(t, got, 2)
		require.InDelta(t, truth.Milliseconds(), got[1].PlayedMS, 100)
		hangUp(r, leg.inputs)
	})
}

func TestGreetingMayNotBeInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.Limits.GreetingInterruptible = false })
		r.say("greeting", 1, time.Second)
		r.pass(500 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '5'}
		r.pass(time.Second)
		require.Equal(t, []call.Command{call.DTMF{Digit: '5'}}, r.engine.conv().did())
		require.Len(t, withoutSilence(leg), 8000)

		r.say("next", 2, time.Second)
		r.pass(500 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		require.Len(t, interrupts(r.engine.conv()), 1)
		hangUp(r, leg.inputs)
	})
}

func TestKeysInterrupt(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		t.Run(fmt.Sprint(on), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newLeg()
				r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.Limits.DTMFInterrupts = on })
				r.say("a", 1, time.Second)
				r.pass(500 * time.Millisecond)
				leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '#'}
				synctest.Wait()
				want := []call.Command{call.DTMF{Digit: '#'}}
				if on {
					want = append([]call.Command{call.Interrupt{Item: "a", PlayedMS: 500}}, want...)
				}
				require.Equal(t, want, r.engine.conv().did())
				hangUp(r, leg.inputs)
			})
		})
	}
}

func TestEngineMarksAreReported(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		leg  func() call.Leg
		tol  time.Duration
	}{
		{"exact", func() call.Leg { return newLeg() }, 20 * time.Millisecond},
		{"buffered", func() call.Leg { return newPlayer(time.Hour) }, 20 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := tt.leg()
				r := run(t, leg, &fakeEngine{}, nil)
				var at []time.Duration
				conv := r.engine.conv()
				mark := func(name string) call.Event { return call.Event{Kind: call.EventMark, Name: name} }
				r.emit(mark("at once"))
				require.Equal(t, []call.Command{call.Played{Mark: "at once"}}, conv.did())
				begin := time.Now()
				for _, name := range []string{"one", "two"} {
					conv.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 250*time.Millisecond)}, mark(name))
				}
				r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, time.Second)}, mark("cleared"))
				for want := 2; want <= 3; want++ {
					for len(conv.did()) < want {
						r.pass(time.Millisecond)
					}
					at = append(at, time.Since(begin))
				}
				require.InDelta(t, 250*time.Millisecond, at[0], float64(tt.tol)+2e7)
				require.InDelta(t, 500*time.Millisecond, at[1], float64(tt.tol))
				r.emit(call.Event{Kind: call.EventClear})
				did := conv.did()
				require.Equal(t, call.Played{Mark: "cleared"}, did[len(did)-1])
				require.IsType(t, call.Interrupt{}, did[len(did)-2])
				hangUp(r, legOf(leg).inputs)
			})
		})
	}
}
