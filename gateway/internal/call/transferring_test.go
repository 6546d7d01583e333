package call_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// mover is a leg whose platform answers a transfer.
type mover struct {
	*fakeLeg
	asked  chan call.Ending
	answer chan error
}

func newMover() *mover {
	return &mover{newLeg(), make(chan call.Ending, 5), make(chan error, 5)}
}

func (m *mover) Transfer(ctx context.Context, e call.Ending) error {
	m.asked <- e
	select {
	case err := <-m.answer:
		return err
	case <-m.ended:
		return errors.New("the leg was ended")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// count is how many bytes of a value were sent.
func (m *mover) count(value byte) int {
	n := 0
	for _, s := range m.log() {
		n += bytes.Count(s.data, []byte{value})
	}
	return n
}

var (
	errRefused  = errors.New("refused")
	toLiveAgent = call.Ending{
		Reason: call.ReasonTransfer, Outcome: call.OutcomeTransferred, Transfer: &call.Target{Destination: "+15550100"},
	}
	hungUp = call.Ending{Reason: call.ReasonCallerHangup, Outcome: call.OutcomeCallerHangup}
)

// moving starts a call whose engine says three seconds of last words and wants a
// transfer.
func moving(t *testing.T, m *mover, change func(*call.Session)) *running {
	t.Helper()
	r := run(t, m, &fakeEngine{}, func(s *call.Session) {
		s.LiveAgent = "+15550100"
		if change != nil {
			change(s)
		}
	})
	r.say("one moment", 1, 3*time.Second)
	r.emit(transfer(`{}`))
	synctest.Wait()
	return r
}

func TestTransferThatWorks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		after func(r *running, m *mover)
	}{
		{"said by the platform", func(_ *running, m *mover) { m.answer <- nil }},
		{"the platform hangs up first", func(r *running, m *mover) {
			m.inputs <- call.Input{Kind: call.InputHangup}
			r.pass(time.Second)
			m.answer <- nil
		}},
		{"the media breaks first", func(r *running, m *mover) {
			m.fault <- errors.New("closed")
			r.pass(time.Second)
			m.answer <- nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMover()
				r := moving(t, m, nil)
				require.Empty(t, m.asked, "before the last words were played")
				require.Empty(t, r.commits())
				r.pass(3*time.Second + 100*time.Millisecond)
				require.Equal(t, toLiveAgent, <-m.asked)
				require.Equal(t, []*call.Ending{&toLiveAgent}, r.commits(), "stored before the platform is asked")
				r.emit(call.Event{Kind: call.EventAudio, Item: "late", Data: fill(2, time.Second)})
				tt.after(r, m)
				require.Equal(t, toLiveAgent, r.wait().Ending)
				require.NoError(t, r.err)
				require.Len(t, r.commits(), 1)
				require.Zero(t, m.count(2), "the engine is not heard meanwhile")
			})
		})
	}
}

func TestTransferThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMover()
		r := moving(t, m, func(s *call.Session) { s.Limits.InactivityTimeout = 10 * time.Second })
		r.pass(4 * time.Second)
		conv := r.engine.conv()
		heard := len(conv.heard())
		m.inputs <- call.Input{Kind: call.InputAudio, Data: fill(9, 20*time.Millisecond)}
		m.inputs <- call.Input{Kind: call.InputDTMF, Digit: '1'}
		r.pass(20 * time.Second)
		require.Len(t, conv.heard(), heard, "the engine does not hear meanwhile")
		require.Empty(t, conv.did(), "and is told nothing")
		m.answer <- errRefused
		synctest.Wait()
		require.Equal(t, []call.Command{call.ToolResult{ID: "t1", Err: "transfer_failed"}}, conv.did())
		require.Equal(t, []*call.Ending{&toLiveAgent, nil}, r.commits(), "taken back")

		r.say("nobody is there", 3, time.Second)
		m.inputs <- call.Input{Kind: call.InputAudio, Data: fill(9, 20*time.Millisecond)}
		r.pass(2 * time.Second)
		require.Equal(t, 8000, m.count(3), "the caller is back")
		require.Greater(t, len(conv.heard()), heard)

		r.emit(transfer(`{}`))
		r.pass(time.Second)
		m.answer <- nil
		require.Equal(t, toLiveAgent, r.wait().Ending, "it may be asked for again")
		require.Equal(t, []*call.Ending{&toLiveAgent, nil, &toLiveAgent}, r.commits())
	})
}

func TestTransferOfTheFallbackThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMover()
		r := run(t, m, &fakeEngine{}, func(s *call.Session) {
			s.LiveAgent, s.Limits.FallbackToLiveAgent = "+15550100", true
		})
		r.emit(call.Event{Kind: call.EventEnd, Err: errors.New("broken")})
		r.pass(time.Second)
		require.Equal(t, call.ReasonEngineFailed, (<-m.asked).Reason)
		m.answer <- errRefused
		require.Equal(t, call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeFallback}, r.wait().Ending)
		require.Len(t, r.commits(), 3, "stored, taken back, and stored again")
		require.Equal(t, 8000, m.count(spoken(t, notice(300))[0]), "a problem")
		require.Equal(t, 8000, m.count(spoken(t, notice(600))[0]), "and that nobody can be reached")
		require.Empty(t, m.asked)
	})
}

func TestTransferDuringWhich(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*call.Session)
		happen func(r *running, m *mover)
		want   call.Ending
	}{
		{"the caller hangs up", nil, func(_ *running, m *mover) {
			m.inputs <- call.Input{Kind: call.InputHangup}
			m.answer <- errRefused
		}, hungUp},
		{"the engine ends", nil, func(r *running, m *mover) {
			r.emit(call.Event{Kind: call.EventEnd})
			synctest.Wait()
			m.answer <- errRefused
		}, call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeFallback}},
		{"time runs out", func(s *call.Session) { s.Limits.MaxDuration = 5 * time.Second }, func(r *running, m *mover) {
			r.pass(10 * time.Second)
			m.answer <- errRefused
		}, call.Ending{Reason: call.ReasonMaxDuration, Outcome: call.OutcomeFallback}},
		{"the gateway must stop", nil, func(r *running, _ *mover) {
			r.session.Stop(call.ReasonDrainTimeout)
		}, toLiveAgent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMover()
				r := moving(t, m, tt.change)
				r.pass(4 * time.Second)
				<-m.asked
				tt.happen(r, m)
				require.Equal(t, tt.want, r.wait().Ending)
				last := r.commits()[len(r.commits())-1]
				require.Equal(t, &tt.want, last)
			})
		})
	}
}
