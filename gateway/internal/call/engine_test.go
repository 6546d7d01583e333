package call_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

func broken(retry bool) call.Event {
	return call.Event{Kind: call.EventEnd, Reason: "network", Err: errors.New("connection reset"), Retry: retry}
}

func transcript(role call.Role, item, text string) call.Event {
	return call.Event{Kind: call.EventTranscript, Role: role, Item: item, Text: text, Final: true}
}

func TestReopenWithHistoryENG07(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) {
			s.Config.History = []call.Message{{Role: call.RoleCaller, Text: "earlier"}}
		})
		first := r.engine.conv()
		require.False(t, first.config.CallerFirst)
		r.emit(transcript(call.RoleAssistant, "a", "Hello."))
		r.say("a", 1, 10*time.Second)
		r.pass(time.Second)
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '1'}
		synctest.Wait()
		r.say("b", 2, time.Second)
		r.emit(transcript(call.RoleCaller, "", "Well."), transcript(call.RoleAssistant, "b", "Yes."), broken(true))
		<-first.closed

		require.Equal(t, 2, r.engine.opened())
		second := r.engine.conv()
		require.True(t, second.config.CallerFirst, "no second greeting")
		require.Empty(t, cmp.Diff([]call.Message{
			{Role: call.RoleCaller, Text: "earlier"},
			{Role: call.RoleAssistant, Text: "Hello."},
			{Role: call.RoleCaller, Text: "[key]"},
			{Role: call.RoleAssistant, Text: "Yes."},
			{Role: call.RoleCaller, Text: "Well."},
		}, second.config.History))
		// Items of the new conversation are new ones, whatever their names.
		r.say("a", 3, time.Second)
		r.pass(5 * time.Second)
		require.Equal(t, 8000, leg.played(3))
		hangUp(r, leg.inputs)
		require.Equal(t, []string{"network"}, r.seen.errors)
	})
}

func TestReopenIsLimitedENG07(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fail  func(r *running)
		opens int
	}{
		{"retry", func(r *running) { r.emit(broken(true)) }, 4},
		{"going away", func(r *running) { r.emit(call.Event{Kind: call.EventEnd, Retry: true}) }, 4},
		{"events closed", func(r *running) { close(r.engine.conv().events) }, 4},
		{"no retry", func(r *running) { r.emit(broken(false)) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := run(t, newLeg(), &fakeEngine{}, nil)
				for range tt.opens {
					r.pass(time.Minute)
					tt.fail(r)
					r.pass(100 * time.Millisecond)
				}
				require.Equal(t, call.ReasonEngineFailed, r.wait().Reason)
				require.Equal(t, tt.opens, r.engine.opened())
				require.Error(t, r.err)
			})
		})
	}
}

func TestOpening(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ int) error {
		<-ctx.Done()
		return ctx.Err()
	}
	refuse := func(context.Context, int) error { return errors.New("refused") }
	for _, tt := range []struct {
		name  string
		open  func(ctx context.Context, n int) error
		opens int
		heard time.Duration // when the notice begins
	}{
		{"hangs", hang, 1, 5 * time.Second},
		{"refuses", refuse, 4, 900 * time.Millisecond},
		{
			"refuses, then hangs", func(ctx context.Context, n int) error {
				if n == 1 {
					return errors.New("refused")
				}
				return hang(ctx, n)
			}, 2, 3 * time.Second,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newLeg()
				r := run(t, leg, &fakeEngine{open: tt.open}, nil)
				res := r.wait()
				require.Equal(t, call.ReasonEngineFailed, res.Reason)
				require.Equal(t, call.OutcomeFallback, res.Outcome)
				require.Equal(t, tt.opens, r.engine.opened())
				for i, w := range leg.log() {
					require.Equal(t, time.Duration(i)*audio.FrameDuration, w.at.Sub(r.start), "silence meanwhile")
					if w.data[0] != silence {
						require.InDelta(t, tt.heard, w.at.Sub(r.start), float64(20*time.Millisecond))
						return
					}
				}
				t.Fatal("no notice was heard")
			})
		})
	}
}

func TestOpeningAgainHelps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		engine := &fakeEngine{open: func(_ context.Context, n int) error {
			if n < 3 {
				return errors.New("refused")
			}
			return nil
		}}
		r := run(t, leg, engine, nil)
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '4'}
		r.pass(time.Second)
		require.False(t, engine.conv().config.CallerFirst, "the greeting is still to come")
		require.Equal(t, []call.Command{call.DTMF{Digit: '4'}}, engine.conv().did(), "keys wait")
		hangUp(r, leg.inputs)
	})
}

func TestHangUpWhileOpening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{open: func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return ctx.Err()
		}}, nil)
		r.pass(time.Second)
		require.Equal(t, call.ReasonCallerHangup, hangUp(r, leg.inputs).Reason)
		require.Equal(t, time.Second, r.result.Ended.Sub(r.start))
	})
}

func TestConversationThatOpensTooLateIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &fakeEngine{open: func(context.Context, int) error {
			<-time.After(5500 * time.Millisecond) // deaf to its context
			return nil
		}}
		r := run(t, newLeg(), engine, nil)
		require.Equal(t, call.ReasonEngineFailed, r.wait().Reason)
		<-engine.conv().closed
	})
}

func TestStalledEngine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.Limits.InactivityTimeout = 30 * time.Second })
		first := r.engine.conv()
		r.say("greeting", 1, 20*time.Second)
		r.pass(time.Second)
		// What is said during a greeting may be ignored.
		r.emit(call.Event{Kind: call.EventSpeechStopped})
		r.pass(12 * time.Second)
		require.Equal(t, 1, r.engine.opened())
		r.emit(transcript(call.RoleCaller, "", "hm"))
		r.pass(10 * time.Second)

		r.emit(call.Event{Kind: call.EventSpeechStarted}, call.Event{Kind: call.EventSpeechStopped})
		r.pass(9900 * time.Millisecond)
		require.Equal(t, 1, r.engine.opened())
		r.pass(200 * time.Millisecond)
		<-first.closed
		require.Equal(t, 2, r.engine.opened())
		require.Equal(t, []string{"stalled"}, r.seen.errors)
		// The new conversation does not answer by itself: the caller is asked.
		r.pass(3 * time.Second)
		require.Equal(t, []call.Command{call.Say{Text: "Are you still there?"}}, r.engine.conv().did())
		hangUp(r, leg.inputs)
	})
}

func TestEngineThatNeverSaysAnything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		engine := &fakeEngine{setup: func(c *fakeConv) { c.mute = true }}
		r := run(t, newLeg(), engine, nil)
		res := r.wait()
		require.Equal(t, call.ReasonEngineFailed, res.Reason)
		require.Equal(t, []string{"open_timeout"}, r.seen.errors)
	})
}

func TestFormatNobodyCanTranscodeENG15(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{in: audio.Format{Codec: audio.L16, Rate: 12345}}, nil)
		leg.inputs <- call.Input{Kind: call.InputAudio, Data: fill(1, time.Second)}
		require.Equal(t, call.ReasonEngineFailed, r.wait().Reason)
		require.Zero(t, r.engine.opened())
		require.NotEmpty(t, withoutSilence(leg))
	})
}

func TestSlowCommandsDoNotBlockTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		engine := &fakeEngine{setup: func(c *fakeConv) {
			c.do = func(ctx context.Context, _ call.Command) error {
				<-ctx.Done()
				return ctx.Err()
			}
		}}
		r := run(t, leg, engine, nil)
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '1'}
		r.pass(1100 * time.Millisecond)
		r.say("a", 1, time.Second)
		r.pass(500 * time.Millisecond)
		require.NotEmpty(t, withoutSilence(leg))
		require.Equal(t, []string{"command"}, r.seen.errors)
		// A hang-up ends a command at once.
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '2'}
		synctest.Wait()
		hung := time.Now()
		require.Equal(t, call.ReasonCallerHangup, hangUp(r, leg.inputs).Reason)
		require.Equal(t, hung, r.result.Ended)
	})
}

func TestEngineThatTakesNoCommandsIsStalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		engine := &fakeEngine{}
		engine.setup = func(c *fakeConv) {
			if engine.opened() == 1 {
				c.do = func(ctx context.Context, _ call.Command) error {
					<-ctx.Done()
					return ctx.Err()
				}
			}
		}
		r := run(t, leg, engine, nil)
		events := []call.Event{{Kind: call.EventAudio, Item: "a", Data: fill(1, time.Minute)}}
		for range 50 {
			events = append(events, call.Event{Kind: call.EventMark, Name: "m"})
		}
		r.emit(append(events, call.Event{Kind: call.EventSpeechStarted})...)
		r.pass(3100 * time.Millisecond)
		require.Equal(t, 2, engine.opened())
		require.Equal(t, []string{"command", "command", "command", "stalled"}, r.seen.errors)
		hangUp(r, leg.inputs)
	})
}

func TestQueueHoldsTenMinutesENG09(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(200 * time.Millisecond)
		r := run(t, leg, &fakeEngine{}, nil)
		tenMinutes := make([]byte, 0, 8000*600)
		for i := range cap(tenMinutes) {
			tenMinutes = append(tenMinutes, byte(i%251))
		}
		r.emit(
			call.Event{Kind: call.EventAudio, Item: "a", Data: tenMinutes},
			call.Event{Kind: call.EventAudioDone, Item: "a"},
		)
		r.pass(5 * time.Minute)
		require.InDelta(t, 5*60*50, len(leg.log()), 20, "in real time")
		r.pass(5*time.Minute + time.Second)
		require.Equal(t, tenMinutes, withoutSilence(leg.fakeLeg))

		r.emit(call.Event{Kind: call.EventAudio, Item: "b", Data: tenMinutes})
		r.emit(call.Event{Kind: call.EventAudio, Item: "c", Data: fill(1, time.Second)})
		require.Equal(t, call.ReasonQueueFull, r.wait().Reason)
		require.Len(t, leg.clearTimes(), 1)
		require.ErrorContains(t, r.err, "ten minutes")
	})
}

func TestMarkFloodIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, newLeg(), &fakeEngine{}, nil)
		go func() {
			conv := r.engine.conv()
			conv.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, time.Minute)})
			for range 40000 {
				conv.emit(call.Event{Kind: call.EventMark, Name: "m"})
			}
		}()
		require.Equal(t, call.ReasonQueueFull, r.wait().Reason)
	})
}
