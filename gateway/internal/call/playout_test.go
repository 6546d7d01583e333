package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// choosy is a leg whose platform has a queue, wants large messages and no
// silence, and answers no marks.
type choosy struct {
	*fakeLeg
	playout call.Playout
	clears  int
}

func newChoosy() *choosy {
	return &choosy{fakeLeg: newLeg(), playout: call.Playout{
		Ahead: 500 * time.Millisecond, First: 400 * time.Millisecond, Piece: 200 * time.Millisecond, Sparse: true,
	}}
}

func (c *choosy) Playout() call.Playout { return c.playout }

func (c *choosy) Clear() error {
	c.clears++
	return nil
}

// message is one write: when, after the moment it is counted from, and how much.
type message struct{ at, length time.Duration }

func (c *choosy) messages(from time.Time) []message {
	var all []message
	for _, w := range c.log() {
		all = append(all, message{w.at.Sub(from), c.format.Duration(len(w.data))})
	}
	return all
}

func TestMessagesAreAsLargeAsThePlatformWants(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := []struct {
		name  string
		speak func(*running)
		want  []message
	}{
		{"all at once", func(r *running) { r.say("a", 1, 1300*ms) }, []message{
			// The queue holds 500 ms at most.
			{0, 400 * ms},
			{100 * ms, 200 * ms},
			{300 * ms, 200 * ms},
			{500 * ms, 200 * ms},
			{700 * ms, 200 * ms},
			{800 * ms, 100 * ms},
		}},
		{"in real time", func(r *running) {
			for range 50 {
				r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 20*ms)})
				r.pass(20 * ms)
			}
			r.emit(call.Event{Kind: call.EventAudioDone, Item: "a"})
		}, []message{{380 * ms, 400 * ms}, {580 * ms, 200 * ms}, {780 * ms, 200 * ms}, {980 * ms, 200 * ms}}},
		{"short", func(r *running) { r.say("a", 1, 60*ms) }, []message{{0, 60 * ms}}},
		{"shorter than a frame", func(r *running) { r.say("a", 1, 5*ms) }, []message{{0, 20 * ms}}},
		{"an engine that stops in a word", func(r *running) {
			r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 100*ms)})
		}, []message{{400 * ms, 100 * ms}}},
		{"an engine that slows down", func(r *running) {
			r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 400*ms)})
			r.pass(100 * ms)
			r.emit(call.Event{Kind: call.EventAudio, Item: "a", Data: fill(1, 40*ms)})
		}, []message{{0, 400 * ms}, {380 * ms, 40 * ms}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newChoosy()
				r := run(t, leg, &fakeEngine{}, nil)
				r.pass(10 * time.Second)
				require.Empty(t, leg.log(), "nothing is sent while nothing is said")
				from := time.Now()
				tt.speak(r)
				r.pass(5 * time.Second)
				require.Equal(t, tt.want, leg.messages(from))
				hangUp(r, leg.inputs)
			})
		})
	}
}

// Without marks, what was heard is what the clock says.
func TestHeardByTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leg := newChoosy()
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, 3*time.Second)
		r.pass(1230 * time.Millisecond)
		r.emit(call.Event{Kind: call.EventSpeechStarted})
		r.pass(time.Second)
		require.Equal(t, 1, leg.clears)
		require.Equal(t, call.Interrupt{Item: "a", PlayedMS: 1230}, r.engine.conv().did()[0])
		sent := time.Duration(0)
		for _, m := range leg.messages(time.Now()) {
			sent += m.length
		}
		require.LessOrEqual(t, sent, 1730*time.Millisecond, "nothing follows the clear")
		hangUp(r, leg.inputs)
	})
}

// A platform that says it ran dry ends the wait for the last words; one that
// says nothing has two seconds more than they take.
func TestDrainedPlatformEndsTheCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		drained []time.Duration // when the platform says so
		end     time.Duration
	}{
		{"silent platform", nil, 3 * time.Second},
		{"on time", []time.Duration{1100 * time.Millisecond}, 1100 * time.Millisecond},
		{"early", []time.Duration{950 * time.Millisecond}, 950 * time.Millisecond},
		{"out of date", []time.Duration{200 * time.Millisecond}, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				leg := newChoosy()
				r := run(t, leg, &fakeEngine{}, nil)
				from := time.Now()
				for _, at := range tt.drained {
					time.AfterFunc(at, func() { leg.inputs <- call.Input{Kind: call.InputDrained} })
				}
				r.say("a", 1, time.Second)
				r.emit(call.Event{Kind: call.EventEnd})
				<-r.done
				require.Equal(t, tt.end, r.result.Ended.Sub(from).Round(10*time.Millisecond))
				require.Equal(t, call.ReasonEngineEnd, r.result.Ending.Reason)
			})
		})
	}
}

// Nobody waits for a platform that was given nothing, or has said that nothing is
// left.
func TestEmptyPlatformEndsTheCallAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, newChoosy(), &fakeEngine{}, nil)
		r.emit(endCall())
		<-r.done
		require.Equal(t, r.start, r.result.Ended)
	})
	synctest.Test(t, func(t *testing.T) {
		leg := newChoosy()
		r := run(t, leg, &fakeEngine{}, nil)
		r.say("a", 1, time.Second)
		r.pass(1050 * time.Millisecond)
		leg.inputs <- call.Input{Kind: call.InputDrained}
		r.pass(time.Second)
		r.emit(endCall())
		<-r.done
		require.Equal(t, 2050*time.Millisecond, r.result.Ended.Sub(r.start))
	})
}
