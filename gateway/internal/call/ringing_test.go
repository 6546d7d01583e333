package call_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// bell is a leg whose platform gives up after 4.5 s.
type bell struct {
	*player
	until    time.Time
	answered time.Time
	answer   error
}

func newBell() *bell {
	return &bell{player: newPlayer(time.Second), until: time.Now().Add(4500 * time.Millisecond)}
}

func (b *bell) Playout() call.Playout { return call.Playout{Ahead: b.ahead, Sparse: true} }

func (b *bell) RingUntil() time.Time { return b.until }

func (b *bell) Answer() error {
	b.answered = time.Now()
	return b.answer
}

func TestRinging(t *testing.T) {
	t.Parallel()
	refuse := func(context.Context, int) error { return errors.New("the backend is down") }
	hang := func(ctx context.Context, _ int) error {
		<-ctx.Done()
		return ctx.Err()
	}
	for _, tt := range []struct {
		name   string
		open   func(context.Context, int) error
		during func(*running, *bell) // while the engine is opened
		want   call.Ending
		within time.Duration
	}{
		{
			"GA-10 the engine refuses", refuse, nil,
			call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeFailed},
			4 * time.Second,
		},
		{
			"GA-10 the engine is too slow", hang, nil,
			call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeFailed},
			4500 * time.Millisecond,
		},
		{
			"stopped", hang, func(r *running, _ *bell) { r.session.Stop(call.ReasonDrainTimeout) },
			call.Ending{Reason: call.ReasonDrainTimeout, Outcome: call.OutcomeFailed},
			0,
		},
		{
			"hung up", hang, func(_ *running, b *bell) { b.inputs <- call.Input{Kind: call.InputHangup} },
			call.Ending{Reason: call.ReasonCallerHangup, Outcome: call.OutcomeCallerHangup},
			0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newBell()
				r := run(t, leg, &fakeEngine{open: tt.open}, func(s *call.Session) {
					s.LiveAgent, s.Limits.FallbackToLiveAgent = "+15550100", true
				})
				if tt.during != nil {
					tt.during(r, leg)
				}
				require.Equal(t, tt.want, r.wait().Ending)
				require.LessOrEqual(t, time.Since(r.start), tt.within)
				require.True(t, leg.answered.IsZero())
				require.Empty(t, leg.log(), "a platform that was not told hears nothing")
				require.Equal(t, []*call.Ending{&tt.want}, r.commits())
			})
		})
	}
}

func TestRingingIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newBell()
		engine := &fakeEngine{open: func(_ context.Context, n int) error {
			if <-time.After(time.Second); n == 1 {
				return errors.New("not yet")
			}
			return nil
		}}
		r := run(t, leg, engine, nil)
		r.pass(2500 * time.Millisecond)
		require.Equal(t, 2300*time.Millisecond, leg.answered.Sub(r.start), "the second attempt")
		require.Empty(t, leg.log())
		r.say("1", 7, time.Second)
		r.pass(5 * time.Second)
		require.Equal(t, 8000, leg.played(7))
		r.emit(endCall())
		require.Equal(t, call.ReasonEngineEnd, r.wait().Reason)
	})
}

func TestRingingCannotBeAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newBell()
		leg.answer = errors.New("the connection is gone")
		r := run(t, leg, &fakeEngine{}, nil)
		require.Equal(t, call.ReasonLegFailed, r.wait().Reason)
		require.ErrorIs(t, r.err, leg.answer)
	})
}
