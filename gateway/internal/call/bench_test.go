package call_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// benchLeg gives out one frame for each token and reports each frame it gets.
// Its platform queue is without end, so that pacing does not slow it down.
type benchLeg struct {
	in  chan call.Input
	out chan int
}

func (l *benchLeg) Format() audio.Format  { return audio.Mulaw8k }
func (l *benchLeg) Playout() call.Playout { return call.Playout{Ahead: 1000 * time.Hour} }
func (l *benchLeg) Clear() error          { return nil }

// WriteMark is answered through Next, as a platform would.
func (l *benchLeg) WriteMark(b []byte, name string) error {
	if len(b) > 0 {
		_ = l.Write(b)
	}
	l.in <- call.Input{Kind: call.InputMark, Mark: name}
	return nil
}

func (l *benchLeg) Next() (call.Input, error) { return <-l.in, nil }

func (l *benchLeg) Write(b []byte) error {
	if bytes.Count(b, []byte{silence}) < len(b) {
		l.out <- len(b)
	}
	return nil
}

func (l *benchLeg) End(context.Context, call.Ending) error { return nil }

// echoConv says what it hears.
type echoConv struct {
	events chan call.Event
	spare  chan []byte
}

func (c *echoConv) Write(frame []byte) error {
	b := <-c.spare
	c.events <- call.Event{Kind: call.EventAudio, Item: "echo", Data: b[:copy(b, frame)]}
	c.spare <- b
	return nil
}

func (c *echoConv) Do(context.Context, call.Command) error { return nil }
func (c *echoConv) Events() <-chan call.Event              { return c.events }
func (c *echoConv) Close()                                 {}

type echoEngine struct{ in, out audio.Format }

func (e echoEngine) Formats(audio.Format) (in, out audio.Format) { return e.in, e.out }

func (e echoEngine) Open(context.Context, call.Config) (call.Conversation, error) {
	c := &echoConv{events: make(chan call.Event, 1), spare: make(chan []byte, 8)}
	for range cap(c.spare) {
		c.spare <- make([]byte, 4096)
	}
	c.events <- call.Event{Kind: call.EventReady}
	return c, nil
}

// benchFrames is how much of one call is measured: at full speed the limit of
// ten minutes of queued audio is near.
const benchFrames = 20_000

// benchCall starts a session and waits until frames come back. trip sends one
// and waits for it.
func benchCall(b *testing.B, format audio.Format) (trip, hangUp func()) {
	leg := &benchLeg{in: make(chan call.Input, 64), out: make(chan int, 64)}
	s := &call.Session{ID: "call_1", Leg: leg, Engine: echoEngine{format, format}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = s.Run(b.Context())
	}()
	frame := fill(1, audio.FrameDuration)
	sent, got := 0, 0
	send := func() {
		leg.in <- call.Input{Kind: call.InputAudio, Data: frame}
		sent += len(frame)
	}
	// The first frames wait for the conversation to open.
	for send(); got < sent; {
		select {
		case n := <-leg.out:
			got += n
		case <-time.After(50 * time.Millisecond):
			send()
		}
	}
	trip = func() {
		for send(); got < sent; got += <-leg.out {
		}
	}
	hangUp = func() {
		leg.in <- call.Input{Kind: call.InputHangup}
		<-done
	}
	return trip, hangUp
}

// BenchmarkSession is one frame from the caller through the engine and back.
// What is allocated is the name of one mark in five frames.
func BenchmarkSession(b *testing.B) {
	for _, bm := range []struct {
		name   string
		format audio.Format
	}{
		{"same format", audio.Mulaw8k},
		{"transcoded", audio.Linear16k},
	} {
		b.Run(bm.name, func(b *testing.B) {
			trip, hangUp := benchCall(b, bm.format)
			frames := 0
			b.ReportAllocs()
			for b.Loop() {
				if frames++; frames%benchFrames == 0 {
					b.StopTimer()
					hangUp()
					trip, hangUp = benchCall(b, bm.format)
					b.StartTimer()
				}
				trip()
			}
			b.StopTimer()
			hangUp()
		})
	}
}
