package call_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// spoken encodes a notice as the leg hears it.
func spoken(t *testing.T, samples []int16) []byte {
	t.Helper()
	b, err := audio.Sound{Rate: 8000, Samples: samples}.Encode(audio.Mulaw8k)
	require.NoError(t, err)
	return b
}

func endCall() call.Event { return call.Event{Kind: call.EventToolCall, ID: "t1", Name: call.ToolEnd} }

func transfer(args string) call.Event {
	return call.Event{Kind: call.EventToolCall, ID: "t1", Name: call.ToolTransfer, Args: args}
}

func TestFallbackPRD09(t *testing.T) {
	t.Parallel()
	const agent = "+15550100"
	toAgent := &call.Target{Destination: agent}
	failed, nobody := spoken(t, notice(300)), spoken(t, notice(600))
	for _, tt := range []struct {
		name   string
		agent  string
		want   bool // a live agent is wanted
		reason call.Reason
		ending call.Ending
		hears  []byte
	}{
		{
			"stopped, live agent", agent, true, call.ReasonDrainTimeout,
			call.Ending{Reason: call.ReasonDrainTimeout, Outcome: call.OutcomeTransferred, Transfer: toAgent},
			failed,
		},
		{
			"stopped, no live agent", "", true, call.ReasonDrainTimeout,
			call.Ending{Reason: call.ReasonDrainTimeout, Outcome: call.OutcomeFallback},
			append(append([]byte(nil), failed...), nobody...),
		},
		{
			"stopped, end", agent, false, call.ReasonDrainTimeout,
			call.Ending{Reason: call.ReasonDrainTimeout, Outcome: call.OutcomeFallback},
			failed,
		},
		{
			"time is up, live agent", agent, true, call.ReasonMaxDuration,
			call.Ending{Reason: call.ReasonMaxDuration, Outcome: call.OutcomeTransferred, Transfer: toAgent},
			nil,
		},
		{
			"time is up, no live agent", "", true, call.ReasonMaxDuration,
			call.Ending{Reason: call.ReasonMaxDuration, Outcome: call.OutcomeFallback},
			nobody,
		},
		{
			"inactive, no live agent", "", true, call.ReasonInactivity,
			call.Ending{Reason: call.ReasonInactivity, Outcome: call.OutcomeFallback},
			nobody,
		},
		{
			"inactive, end", agent, false, call.ReasonInactivity,
			call.Ending{Reason: call.ReasonInactivity, Outcome: call.OutcomeFallback},
			nil,
		},
		{
			"engine failed, live agent", agent, true, call.ReasonEngineFailed,
			call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeTransferred, Transfer: toAgent},
			failed,
		},
		{
			"engine flooded, end", "", false, call.ReasonQueueFull,
			call.Ending{Reason: call.ReasonQueueFull, Outcome: call.OutcomeFallback},
			failed,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newPlayer(time.Hour)
				r := run(t, leg, &fakeEngine{}, func(s *call.Session) {
					s.LiveAgent, s.Limits.FallbackToLiveAgent = tt.agent, tt.want
					switch tt.reason {
					case call.ReasonMaxDuration:
						s.Limits.MaxDuration = time.Minute
					case call.ReasonInactivity:
						s.Limits.InactivityTimeout = 5 * time.Second
					}
				})
				r.pass(time.Second)
				began := time.Now()
				switch tt.reason {
				case call.ReasonEngineFailed:
					r.emit(call.Event{Kind: call.EventEnd, Reason: "broken", Err: errors.New("broken")})
				case call.ReasonQueueFull:
					r.emit(call.Event{Kind: call.EventAudio, Data: fill(1, 11*time.Minute)})
				case call.ReasonDrainTimeout:
					r.say("a", 1, 10*time.Second)
					r.session.Stop(tt.reason)
				}
				res := r.wait()
				require.Empty(t, cmp.Diff(tt.ending, res.Ending))
				require.Equal(t, []*call.Ending{&tt.ending}, r.commits())
				var heard []byte
				for _, s := range leg.heard {
					for _, b := range s.data {
						if b != silence && b != 1 {
							heard = append(heard, b)
						}
					}
				}
				require.True(t, bytes.Equal(tt.hears, heard), "%d bytes, not %d", len(heard), len(tt.hears))
				if tt.reason == call.ReasonEngineFailed || tt.reason == call.ReasonQueueFull {
					require.Error(t, r.err)
					require.Less(t, res.Ended.Sub(began), 3*time.Second)
				}
			})
		})
	}
}

func TestInactivityPRD09(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.Limits.InactivityTimeout = 10 * time.Second })
		r.say("greeting", 1, 4*time.Second)
		r.pass(13900 * time.Millisecond)
		require.Empty(t, r.engine.conv().did(), "the timer starts when the greeting was played")
		r.pass(200 * time.Millisecond)
		prompt := call.Say{Text: "Are you still there?"}
		require.Equal(t, []call.Command{prompt}, r.engine.conv().did())
		r.say("prompt", 1, time.Second)
		r.pass(5 * time.Second)

		// The caller answers: everything starts again.
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		r.pass(20 * time.Second)
		r.emit(call.Event{Kind: call.EventSpeechStopped})
		r.say("answer", 1, time.Second)
		r.pass(5 * time.Second)
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '1'}
		r.pass(9900 * time.Millisecond)
		require.Len(t, r.engine.conv().did(), 2)
		r.pass(200 * time.Millisecond)
		require.Equal(t, []call.Command{prompt, call.DTMF{Digit: '1'}, prompt}, r.engine.conv().did())

		// Twice silent. The engine does not even speak the prompt.
		prompted := time.Now()
		require.Equal(t, call.ReasonInactivity, r.wait().Reason)
		require.InDelta(t, 10*time.Second, r.result.Ended.Sub(prompted), float64(200*time.Millisecond)+1e6*600)
	})
}

func TestInactivityStartsAtOnceWhenTheCallerIsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) {
			s.Limits.InactivityTimeout, s.Config.CallerFirst = 5*time.Second, true
		})
		r.pass(5 * time.Second)
		require.Len(t, r.engine.conv().did(), 1)
		require.Equal(t, call.ReasonInactivity, r.wait().Reason)
		require.Equal(t, 10*time.Second, r.result.Ended.Sub(r.start))
	})
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	const agent, sales = "+15550100", "sip:sales@example.com"
	for _, tt := range []struct {
		name   string
		agent  string
		args   string
		target *call.Target
		err    string
	}{
		{"live agent", agent, `{"destination":""}`, &call.Target{Destination: agent}, ""},
		{"no arguments", agent, "", &call.Target{Destination: agent}, ""},
		{"named", agent, `{"destination":"sales"}`, &call.Target{Name: "sales", Destination: sales}, ""},
		{"named live agent", agent, `{"destination":"desk"}`, &call.Target{Name: "desk", Destination: agent}, ""},
		{"unknown", agent, `{"destination":"+15550666"}`, nil, "unknown_destination"},
		{"no live agent", "", `{}`, nil, "no_live_agent"},
		{"named live agent, none", "", `{"destination":"desk"}`, nil, "no_live_agent"},
		{"no JSON", agent, `{"destination":`, nil, "bad_arguments"},
		{"wrong type", agent, `{"destination":5}`, nil, "bad_arguments"},
		{"too long", agent, strings.Repeat(" ", 65<<10) + "{}", nil, "bad_arguments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newPlayer(time.Hour)
				r := run(t, leg, &fakeEngine{}, func(s *call.Session) {
					s.LiveAgent = tt.agent
					s.Destinations = map[string]string{"sales": sales, "desk": ""}
				})
				conv := r.engine.conv()
				r.say("announcement", 1, time.Second)
				r.emit(transfer(tt.args))
				if tt.target == nil {
					require.Equal(t, []call.Command{call.ToolResult{ID: "t1", Err: tt.err}}, conv.did())
					require.Equal(t, call.ReasonCallerHangup, hangUp(r, leg.inputs).Reason, "the call went on")
					return
				}
				res := r.wait()
				require.Empty(t, cmp.Diff(call.Ending{
					Reason: call.ReasonTransfer, Outcome: call.OutcomeTransferred, Transfer: tt.target,
				}, res.Ending))
				require.Equal(t, 8000, leg.played(1), "the announcement was heard")
			})
		})
	}
}

func TestUnknownToolENG16(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, nil)
		r.emit(call.Event{Kind: call.EventToolCall, ID: "7", Name: "rm"})
		require.Equal(t, []call.Command{call.ToolResult{ID: "7", Err: "unknown_tool"}}, r.engine.conv().did())
		hangUp(r, leg.inputs)
	})
}

func TestDrainedEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		leg   *player
		mute  bool
		after time.Duration // end of the call, after the tool call
		tol   time.Duration
	}{
		{"echoed", newPlayer(time.Hour), false, 3 * time.Second, 60 * time.Millisecond},
		{"small platform queue", newPlayer(100 * time.Millisecond), false, 3 * time.Second, 60 * time.Millisecond},
		{"never echoed", newPlayer(time.Hour), true, 5 * time.Second, 60 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newPlayer(tt.leg.ahead) // channels belong to the bubble
				leg.mute = tt.mute
				var order []string
				leg.end = func(e call.Ending) { order = append(order, "end "+string(e.Reason)) }
				r := run(t, leg, &fakeEngine{}, func(s *call.Session) {
					s.Commit = func(_ context.Context, e *call.Ending) error {
						order = append(order, "commit "+string(e.Outcome))
						return errors.New("the store is gone")
					}
				})
				r.say("goodbye", 1, 3*time.Second)
				began := time.Now()
				r.emit(endCall(), call.Event{Kind: call.EventAudio, Item: "late", Data: fill(2, time.Second)})
				res := r.wait()
				require.NoError(t, r.err)
				require.Equal(t, call.Ending{Reason: call.ReasonEngineEnd, Outcome: call.OutcomeResolved}, res.Ending)
				require.Equal(t, []string{"commit resolved", "end assistant_ended"}, order)
				require.InDelta(t, tt.after, res.Ended.Sub(began), float64(tt.tol))
				require.Equal(t, 24000, leg.played(1))
				require.Zero(t, leg.played(2))
				require.Empty(t, leg.clearTimes())
				names := leg.markNames()
				seen := map[string]bool{}
				for _, n := range names {
					require.False(t, seen[n], n)
					seen[n] = true
				}
				require.Equal(t, 3*time.Second, res.Turns[0].Heard)
			})
		})
	}
}

func TestDrainOnExactLegWaitsUntilEverythingWasSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("goodbye", 1, time.Second)
		r.emit(call.Event{Kind: call.EventEnd, Reason: "done"})
		res := r.wait()
		require.Equal(t, call.ReasonEngineEnd, res.Reason)
		require.Len(t, withoutSilence(leg), 8000)
		require.InDelta(t, time.Second, res.Ended.Sub(r.start), float64(40*time.Millisecond))
	})
}

func TestDrainIsCutShort(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		cut    func(*running, *player)
		reason call.Reason
		after  time.Duration
	}{
		{
			"hang-up",
			func(_ *running, p *player) { p.inputs <- call.Input{Kind: call.InputHangup} },
			call.ReasonCallerHangup, time.Second,
		},
		{"stop", func(r *running, _ *player) { r.session.Stop(call.ReasonDrainTimeout) }, call.ReasonEngineEnd, time.Second},
		{"time is up", func(*running, *player) {}, call.ReasonEngineEnd, 20 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newPlayer(time.Hour)
				r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.Limits.MaxDuration = 20 * time.Second })
				r.say("endless", 1, time.Minute)
				r.emit(endCall())
				r.pass(time.Second)
				tt.cut(r, leg)
				res := r.wait()
				require.Equal(t, tt.reason, res.Reason)
				require.Equal(t, tt.after, res.Ended.Sub(r.start))
				require.Len(t, r.commits(), 1)
				require.InDelta(t, tt.after, res.Turns[0].Heard, float64(100*time.Millisecond))
			})
		})
	}
}

func TestLegErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	stalled := fmt.Errorf("write: %w", call.ErrStalled)
	hangup := func(l *fakeLeg) { l.inputs <- call.Input{Kind: call.InputHangup} }
	for _, tt := range []struct {
		name    string
		write   error
		read    func(*fakeLeg)
		reason  call.Reason
		outcome call.Outcome
	}{
		{"read", nil, func(l *fakeLeg) { l.fault <- broken }, call.ReasonLegFailed, call.OutcomeFailed},
		{
			"read, and the leg says why", nil,
			func(l *fakeLeg) { l.fault <- &call.LegError{Reason: call.ReasonRevoked, Err: broken} },
			call.ReasonRevoked, call.OutcomeFailed,
		},
		{"write", broken, nil, call.ReasonLegFailed, call.OutcomeFailed},
		{"stalled", stalled, nil, call.ReasonLegStalled, call.OutcomeFailed},
		{"write and read", broken, func(l *fakeLeg) { l.fault <- broken }, call.ReasonLegFailed, call.OutcomeFailed},
		{"write, then the hang-up", broken, hangup, call.ReasonCallerHangup, call.OutcomeCallerHangup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newLeg()
				breaks := make(chan struct{})
				leg.write = func([]byte) error {
					select {
					case <-breaks:
						return tt.write
					default:
						return nil
					}
				}
				r := run(t, leg, &fakeEngine{}, nil)
				r.pass(time.Second)
				close(breaks)
				r.pass(50 * time.Millisecond)
				if tt.read != nil {
					tt.read(leg)
				}
				res := r.wait()
				require.Equal(t, tt.reason, res.Reason)
				require.Equal(t, tt.outcome, res.Outcome)
				require.Len(t, r.commits(), 1)
				if tt.outcome == call.OutcomeFailed {
					require.Error(t, r.err)
				}
			})
		})
	}
}

func TestEndIsLoggedOnceAndWithoutDigitsENG19(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) {
			s.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		for _, d := range []byte("7x!7") {
			leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: d}
		}
		synctest.Wait()
		res := hangUp(r, leg.inputs)
		require.Equal(t, 1, strings.Count(log.String(), "call ended"))
		require.Contains(t, log.String(), "call_id=call_1 reason=caller_hangup")
		require.Equal(t, []call.Command{call.DTMF{Digit: '7'}, call.DTMF{Digit: '7'}}, r.engine.conv().did())
		require.Equal(t, int64(2), res.Stats.DroppedDigits)
		require.Len(t, res.Turns, 2)
		for _, turn := range res.Turns {
			require.Equal(t, call.TurnRecord{Role: call.RoleCaller, Text: "[key]"}, turn)
		}
	})
}

func TestStopBeforeRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newLeg()
		r := run(t, leg, &fakeEngine{}, func(s *call.Session) { s.Stop(call.ReasonDrainTimeout) })
		require.Equal(t, call.ReasonDrainTimeout, r.wait().Reason)
		r.session.Stop(call.ReasonDrainTimeout)
	})
}

func TestContextEndsTheCall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		event  call.Event
		ending call.Ending
	}{
		{"talking", call.Event{}, call.Ending{Reason: call.ReasonDrainTimeout, Outcome: call.OutcomeFailed}},
		{"draining", endCall(), call.Ending{Reason: call.ReasonEngineEnd, Outcome: call.OutcomeResolved}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg, engine := newLeg(), &fakeEngine{}
				ctx, cancel := context.WithCancel(t.Context())
				s := &call.Session{ID: "call_1", Leg: leg, Engine: engine}
				var res call.Result
				done := make(chan struct{})
				go func() {
					defer close(done)
					res, _ = s.Run(ctx)
				}()
				synctest.Wait()
				engine.conv().say("a", 1, time.Minute)
				engine.conv().emit(tt.event)
				<-time.After(time.Second)
				cancel()
				<-done
				require.Equal(t, tt.ending, res.Ending)
				require.Equal(t, time.Second, res.Ended.Sub(res.Answered))
				<-leg.ended
			})
		})
	}
}
