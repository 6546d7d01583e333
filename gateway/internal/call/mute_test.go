package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// Where nothing tells what was played, the call ends by the clock: not before
// the last word, and without waiting for an echo that cannot come.
func TestMutePlatformEndsByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newChoosy()
		leg.playout = call.Playout{Ahead: 200 * time.Millisecond, Mute: true, Sparse: true}
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		said := time.Now()
		r.say("bye", 1, 3*time.Second)
		r.emit(call.Event{Kind: call.EventToolCall, ID: "1", Name: call.ToolEnd, Args: "{}"})
		res := r.wait()
		require.Equal(t, call.ReasonEngineEnd, res.Reason)
		took := res.Ended.Sub(said)
		require.GreaterOrEqual(t, took, 3*time.Second)
		require.LessOrEqual(t, took, 3200*time.Millisecond)
	})
}

// A platform that tells only when it has nothing left tells nothing while an
// engine goes on speaking; the engine learns by the clock what was heard.
func TestMarksOnALineThatNeverRunsDry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newChoosy()
		leg.playout = call.Playout{Ahead: 200 * time.Millisecond, Sparse: true}
		r := run(t, leg, &fakeEngine{}, nil)
		r.pass(time.Second)
		conv := r.engine.conv()
		conv.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, time.Second)})
		conv.emit(call.Event{Kind: call.EventMark, Name: "m"})
		conv.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 10*time.Second)})
		synctest.Wait()
		r.pass(900 * time.Millisecond)
		require.NotContains(t, conv.did(), call.Played{Mark: "m"})
		r.pass(400 * time.Millisecond)
		require.Contains(t, conv.did(), call.Played{Mark: "m"})
		hangUp(r, leg.inputs)
	})
}
