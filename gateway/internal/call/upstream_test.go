package call_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

func TestCallerAudioReachesTheEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, nil)
		var want []byte
		for i := range 50 {
			piece := fill(byte(i), 30*time.Millisecond) // not in frames
			want = append(want, piece...)
			leg.inputs <- call.Input{Kind: call.InputAudio, Data: piece}
			synctest.Wait()
		}
		leg.inputs <- call.Input{Kind: call.InputFill, Data: fill(silence, time.Second)}
		synctest.Wait()
		var got []byte
		for _, f := range r.engine.conv().heard() {
			require.Len(t, f, 160)
			got = append(got, f...)
		}
		require.Equal(t, append(want, fill(silence, time.Second)...), got)
		res := hangUp(r, leg.inputs)
		require.Equal(t, int64(125), res.Stats.FramesIn)
		require.Equal(t, time.Second, res.Stats.SilenceFilled)
		require.Zero(t, res.Stats.DroppedIn)
	})
}

// A platform that stops sending while the caller is silent: the engine hears
// the silence it needs to end the turn, once, and none of it twice.
func TestQuietPlatform(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		pause time.Duration
		fill  time.Duration // of the leg, when audio comes back
		early time.Duration // silence heard during the pause
		all   time.Duration // silence heard in the end
	}{
		{"a short pause", 700 * time.Millisecond, 0, 0, 0},
		{"TW-12 two seconds", 2 * time.Second, 2 * time.Second, time.Second, 2 * time.Second},
		{"as long as what was heard", time.Second, time.Second, time.Second, time.Second},
		{"delayed, nothing missing", 2 * time.Second, 0, time.Second, time.Second},
		{"a minute", time.Minute, 10 * time.Second, time.Second, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newLeg()
				r := run(t, leg, &fakeEngine{}, nil)
				heard := func() time.Duration {
					synctest.Wait()
					n := 0
					for _, f := range r.engine.conv().heard() {
						if f[0] == silence {
							n++
						}
					}
					return time.Duration(n) * 20 * time.Millisecond
				}
				voice := call.Input{Kind: call.InputAudio, Data: fill(7, 20*time.Millisecond)}
				leg.inputs <- voice
				if tt.early > 0 {
					r.pass(749 * time.Millisecond)
					require.Zero(t, heard())
					r.pass(time.Millisecond)
					require.Equal(t, tt.early, heard())
					r.pass(tt.pause - 750*time.Millisecond)
				} else {
					r.pass(tt.pause)
				}
				require.Equal(t, tt.early, heard())
				if tt.fill > 0 {
					leg.inputs <- call.Input{Kind: call.InputFill, Data: fill(silence, tt.fill)}
				}
				leg.inputs <- voice
				require.Equal(t, tt.all, heard())
				r.pass(750 * time.Millisecond)
				require.Equal(t, tt.all+time.Second, heard(), "and again after more audio")
				require.Equal(t, tt.all+time.Second, hangUp(r, leg.inputs).Stats.SilenceFilled)
			})
		})
	}
}

func TestSlowEngineLosesTheOldestFrames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{open: func(context.Context, int) error {
			<-time.After(3 * time.Second)
			return nil
		}}, nil)
		for i := range 150 { // 3 s
			leg.inputs <- call.Input{Kind: call.InputAudio, Data: fill(byte(i), 20*time.Millisecond)}
			r.pass(20 * time.Millisecond)
		}
		leg.inputs <- call.Input{Kind: call.InputAudio, Data: fill(150, 20*time.Millisecond)}
		synctest.Wait()
		frames := r.engine.conv().heard()
		require.Len(t, frames, 51, "the newest second and the present frame")
		require.Equal(t, byte(100), frames[0][0])
		require.Equal(t, byte(150), frames[50][0])
		res := hangUp(r, leg.inputs)
		require.Equal(t, int64(100), res.Stats.DroppedIn)
		require.Equal(t, 100, r.seen.dropped)
	})
}

func TestFramesTheEngineRefusesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{setup: func(c *fakeConv) {
			c.write = func([]byte) error { return errors.New("gone") }
		}}, nil)
		leg.inputs <- call.Input{Kind: call.InputAudio, Data: fill(1, time.Second)}
		synctest.Wait()
		require.Equal(t, int64(50), hangUp(r, leg.inputs).Stats.DroppedIn)
	})
}

func TestTurnsAndLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(310 * time.Millisecond)
		r.emit(transcript(call.RoleAssistant, "a", "Hello."))
		r.say("a", 1, time.Second)
		r.pass(2 * time.Second) // 2.31 s
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		r.pass(time.Second) // 3.31 s
		r.emit(
			call.Event{Kind: call.EventSpeechStopped},
			call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Text: "I wa"},
			transcript(call.RoleCaller, "", "I want something."),
		)
		r.pass(700 * time.Millisecond) // 4.01 s
		r.say("b", 1, time.Second)
		r.emit(transcript(call.RoleAssistant, "b", "Press one."))
		r.pass(500 * time.Millisecond) // 4.51 s
		r.say("c", 1, time.Second)
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '1'}
		r.pass(300 * time.Millisecond) // 4.81 s
		r.say("d", 1, time.Second)
		r.pass(1500 * time.Millisecond)
		res := hangUp(r, leg.inputs)

		// Each sentence starts when the frame of silence before it ends.
		ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
		near := cmp.Comparer(func(x, y time.Duration) bool { return (x - y).Abs() <= 20*time.Millisecond })
		require.Empty(t, cmp.Diff([]call.TurnRecord{
			{Role: call.RoleAssistant, Text: "Hello.", At: ms(310), Heard: ms(1000)},
			{Role: call.RoleCaller, Text: "I want something.", At: ms(2310)},
			{Role: call.RoleAssistant, Text: "Press one.", At: ms(4010), Latency: ms(700), Heard: ms(490), Interrupted: true},
			{Role: call.RoleAssistant, At: ms(4510)},
			{Role: call.RoleCaller, Text: "[key]", At: ms(4510)},
			{Role: call.RoleAssistant, At: ms(4810), Latency: ms(300), Heard: ms(1000)},
		}, res.Turns, near))
		require.Empty(t, cmp.Diff([]time.Duration{ms(700), ms(300)}, r.seen.turns, near))
		require.InDelta(t, ms(310), res.Stats.FirstAudio, float64(ms(20)))
	})
}

func TestEngineWithoutItemNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, nil)
		r.emit(call.Event{Kind: call.EventAudio, Data: fill(1, 2*time.Second)})
		r.pass(time.Second)
		r.emit(call.Event{Kind: call.EventClear})
		r.emit(call.Event{Kind: call.EventAudio, Data: fill(2, time.Second)}, call.Event{Kind: call.EventAudioDone})
		r.emit(call.Event{Kind: call.EventAudio, Data: fill(3, time.Second)}, call.Event{Kind: call.EventAudioDone})
		r.pass(3 * time.Second)
		require.Equal(t, 8000, leg.played(2), "what follows a clear is new")
		require.Equal(t, 8000, leg.played(3))
		require.Len(t, hangUp(r, leg.inputs).Turns, 3)
	})
}

func TestRecordIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, nil)
		for range 2500 {
			r.emit(transcript(call.RoleCaller, "", strings.Repeat("é", 3000)))
		}
		turns := hangUp(r, leg.inputs).Turns
		require.Len(t, turns, 1500)
		require.Equal(t, strings.Repeat("é", 2000), turns[0].Text)
	})
}
