package call_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

const silence = 0xFF

// hangUp ends the call from the caller's side.
func hangUp(r *running, inputs chan call.Input) call.Result {
	inputs <- call.Input{Kind: call.InputHangup}
	return r.wait()
}

func TestExactLegGetsOneFrameEvery20ms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		r.say("a", 1, 500*time.Millisecond)
		r.pass(time.Second)
		res := hangUp(r, leg.inputs)

		writes := leg.log()
		require.GreaterOrEqual(t, len(writes), 100)
		for i, w := range writes {
			require.Len(t, w.data, 160)
			require.Equal(t, time.Duration(i)*audio.FrameDuration, w.at.Sub(r.start), "frame %d", i)
		}
		require.Equal(t, fill(silence, 20*time.Millisecond), writes[0].data)
		require.Equal(t, int64(len(writes)), res.Stats.FramesOut)
		for _, d := range r.seen.delays {
			require.Zero(t, d)
		}
	})
}

func TestToneArrivesBitExactENG05(t *testing.T) {
	t.Parallel()
	tone := make([]byte, 8000)
	for i := range tone {
		tone[i] = byte(1 + rand.IntN(200)) // anything but silence
	}
	for _, tt := range []struct {
		name string
		leg  func() call.Leg
	}{
		{"exact", func() call.Leg { return newLeg() }},
		{"buffered", func() call.Leg { return newPlayer(300 * time.Millisecond) }},
		{"buffered far", func() call.Leg { return newPlayer(time.Hour) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := tt.leg()
				r := run(t, leg, &fakeEngine{}, nil)
				for rest := tone; len(rest) > 0; {
					n := min(len(rest), 1+rand.IntN(700)) // pieces are no frames
					r.engine.conv().emit(call.Event{Kind: call.EventAudio, Item: "tone", Data: rest[:n]})
					rest = rest[n:]
					if n%7 == 0 {
						r.pass(5 * time.Millisecond)
					}
				}
				r.emit(call.Event{Kind: call.EventAudioDone, Item: "tone"})
				r.emit(call.Event{Kind: call.EventToolCall, ID: "1", Name: call.ToolEnd})
				r.wait()
				require.NoError(t, r.err)
				require.Equal(t, tone, withoutSilence(legOf(leg)))
			})
		})
	}
}

// legOf gives the memory below either kind of leg.
func legOf(leg call.Leg) *fakeLeg {
	if p, ok := leg.(*player); ok {
		return p.fakeLeg
	}
	return leg.(*fakeLeg)
}

func withoutSilence(l *fakeLeg) []byte {
	var out []byte
	for _, w := range l.log() {
		for _, b := range w.data {
			if b != silence {
				out = append(out, b)
			}
		}
	}
	return out
}

func TestBufferedLegStaysWithinItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(200 * time.Millisecond)
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		r.say("a", 1, 3*time.Second)
		r.pass(4 * time.Second)
		hangUp(r, leg.inputs)
		var played time.Time
		for _, s := range leg.heard {
			require.False(t, s.at.Before(played))
			if !played.IsZero() {
				require.Zero(t, s.at.Sub(played), "continuous, silence included")
			}
			played = s.at.Add(leg.format.Duration(len(s.data)))
		}
		for i, w := range leg.log() {
			last := leg.heard[i].at.Add(leg.format.Duration(len(w.data)) - audio.FrameDuration)
			require.LessOrEqual(t, last.Sub(w.at), leg.ahead, "no frame earlier than the leg allows")
		}
		require.Contains(t, leg.markNames(), "g0-1")
		require.GreaterOrEqual(t, len(leg.markNames()), 30, "a mark every 100 ms")
	})
}

func TestLatePacerSkipsForwardWithoutABurst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		late  time.Duration
		burst int // frames written at the moment the leg takes audio again
	}{
		{"little", 50 * time.Millisecond, 2},
		{"much", 500 * time.Millisecond, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newLeg()
				var blocked bool
				leg.write = func([]byte) error {
					if !blocked && time.Since(testStart(t, leg)) >= 200*time.Millisecond {
						blocked = true
						<-time.After(tt.late)
					}
					return nil
				}
				r := run(t, leg, &fakeEngine{}, nil)
				r.say("a", 1, 2*time.Second)
				r.pass(time.Second)
				hangUp(r, leg.inputs)
				counts := map[time.Time]int{}
				for _, w := range leg.log() {
					counts[w.at]++
				}
				most := 0
				for _, n := range counts {
					most = max(most, n)
				}
				require.Equal(t, tt.burst+1, most, "the blocked frame and what catches up")
			})
		})
	}
}

// testStart is when the leg got its first frame, now if it got none.
func testStart(t *testing.T, l *fakeLeg) time.Time {
	t.Helper()
	if w := l.log(); len(w) > 0 {
		return w[0].at
	}
	return time.Now()
}

func TestIncompleteFrameIsPadded(t *testing.T) {
	t.Parallel()
	for _, done := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			leg := newLeg()
			r := run(t, leg, &fakeEngine{}, nil)
			r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: []byte{1, 2, 3}})
			wait := 120 * time.Millisecond // for a rest that does not come
			if done {
				r.emit(call.Event{Kind: call.EventAudioDone, Item: "a"}, call.Event{Kind: call.EventMark, Name: "m"})
				wait = 20 * time.Millisecond
			}
			r.pass(wait)
			require.Equal(t, []byte{1, 2, 3}, withoutSilence(leg))
			hangUp(r, leg.inputs)
		})
	}
}

func TestFormatsAreTranscoded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{in: audio.Linear16k, out: audio.Linear16k}, nil)
		leg.inputs <- call.Input{Kind: call.InputAudio, Data: fill(1, time.Second)}
		synctest.Wait()
		require.Len(t, r.engine.conv().heard(), 50)
		require.Len(t, r.engine.conv().heard()[0], audio.Linear16k.FrameBytes())
		require.Equal(t, audio.Linear16k, r.engine.conv().config.In)

		before := len(leg.log())
		r.emit(
			call.Event{Kind: call.EventAudio, Item: "a", Data: make([]byte, 32000)},
			call.Event{Kind: call.EventAudioDone, Item: "a"},
		)
		r.pass(2 * time.Second)
		require.GreaterOrEqual(t, len(leg.log())-before, 100)
		hangUp(r, leg.inputs)
		require.InDelta(t, time.Second, r.result.Turns[0].Heard, float64(30*time.Millisecond))
	})
}
