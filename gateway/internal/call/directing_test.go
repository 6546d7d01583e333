package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

type directing struct{ *fakeEngine }

func (directing) Directs() {}

func TestAnEngineThatDirectsIsInterruptedByItselfOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newPlayer(time.Hour)
		engine := &fakeEngine{}
		r := run(t, leg, engine, func(s *call.Session) {
			s.Engine, s.Limits.DTMFInterrupts = directing{engine}, true
		})
		r.pass(time.Second)
		conv := r.engine.conv()
		conv.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 4*time.Second)})
		synctest.Wait()
		r.pass(time.Second)
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		leg.inputs <- call.Input{Kind: call.InputDTMF, Digit: '1'}
		r.emit(call.Event{Kind: call.EventSpeechStopped})
		// The turn needs no answer: its own words are none.
		r.emit(call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Final: true})
		r.pass(time.Second)
		require.Empty(t, leg.clearTimes())
		require.Empty(t, interrupts(conv))

		r.emit(call.Event{Kind: call.EventClear})
		r.pass(time.Second)
		require.Len(t, leg.clearTimes(), 1)
		require.Len(t, interrupts(conv), 1)
		r.pass(20 * time.Second)
		require.Equal(t, 1, engine.opened(), "it did not stall")
		res := hangUp(r, leg.inputs)
		require.Equal(t, int64(1), res.Stats.Interruptions)
	})
}
