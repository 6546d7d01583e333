package twilio

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

var frame = bytes.Repeat([]byte{0x11}, 160)

// collect serves calls by reading what the leg gives until the hangup.
func collect(b *bundle) <-chan []call.Input {
	all := make(chan []call.Input, 1)
	b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		var got []call.Input
		for {
			in, err := l.Next()
			if err != nil {
				return call.Result{}, err
			}
			in.Data = bytes.Clone(in.Data)
			got = append(got, in)
			if in.Kind == call.InputHangup {
				all <- got
				return call.Result{}, l.End(ctx, call.Ending{})
			}
		}
	}
	return all
}

// testGap: what the timestamps say is missing is heard as silence, before the
// audio that comes after it.
func testGap(t *testing.T) {
	b := setup(t)
	all := collect(b)
	p := b.running(t)
	require.NoError(t, p.Media(100, frame))
	require.NoError(t, p.Media(2620, frame)) // 2.5 s later
	require.NoError(t, p.Media(2640, frame))
	require.NoError(t, p.Stop())
	var kinds []call.InputKind
	silent := 0
	for _, in := range <-all {
		kinds = append(kinds, in.Kind)
		if in.Kind == call.InputFill {
			silent += len(in.Data)
			require.Equal(t, len(in.Data), bytes.Count(in.Data, []byte{0xff}))
		}
	}
	require.Equal(t, 20_000, silent)
	require.Equal(t, []call.InputKind{
		call.InputAudio, call.InputFill, call.InputFill, call.InputFill,
		call.InputAudio, call.InputAudio, call.InputHangup,
	}, kinds)
}

// deaf is an engine that does not open before it is told to.
type deaf struct {
	open   chan struct{}
	frames chan byte // the first byte of each frame
	events chan call.Event
}

func (deaf) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

func (d deaf) Open(ctx context.Context, _ call.Config) (call.Conversation, error) {
	select {
	case <-d.open:
		d.events <- call.Event{Kind: call.EventReady}
		return d, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d deaf) Write(frame []byte) error {
	d.frames <- frame[0]
	return nil
}

func (deaf) Do(context.Context, call.Command) error { return nil }
func (d deaf) Events() <-chan call.Event            { return d.events }
func (deaf) Close()                                 {}

// dropped counts what the session lost.
type dropped struct {
	call.Observer
	frames atomic.Int64
	enough chan struct{}
	want   int64
}

func (d *dropped) FramesDropped(n int) {
	if d.frames.Add(int64(n)) == d.want {
		close(d.enough)
	}
}

func (*dropped) TurnLatency(time.Duration)  {}
func (*dropped) ClearLatency(time.Duration) {}
func (*dropped) FrameDelay(time.Duration)   {}
func (*dropped) EngineError(string)         {}

// testBurst: ten seconds at once, for an engine that is not there yet. The
// newest second waits for it.
func testBurst(t *testing.T) {
	const total, kept = 500, 50
	engine := deaf{make(chan struct{}), make(chan byte, total), make(chan call.Event, 1)}
	seen := &dropped{enough: make(chan struct{}), want: total - kept}
	results := make(chan call.Result, 1)
	b := setup(t)
	b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		s := &call.Session{ID: testCall, Leg: l, Engine: engine, Observe: seen}
		result, err := s.Run(ctx)
		results <- result
		return result, err
	}
	p := b.running(t)
	for n := range int64(total) {
		require.NoError(t, p.Media(n*20, bytes.Repeat([]byte{byte(n)}, 160)))
	}
	<-seen.enough
	close(engine.open)
	require.NoError(t, p.Media(total*20, bytes.Repeat([]byte{total % 256}, 160)))
	// The last frame may itself have been early enough to push one out.
	first := int(<-engine.frames)
	require.Contains(t, []int{(total - kept) % 256, (total - kept + 1) % 256}, first, "the oldest audio went first")
	for last := first; last != total%256; last = (last + 1) % 256 {
		require.Equal(t, byte(last+1), <-engine.frames)
	}
	require.NoError(t, p.Stop())
	result := <-results
	require.EqualValues(t, first, result.Stats.DroppedIn%256)
	require.Equal(t, call.ReasonCallerHangup, result.Ending.Reason)
}

func TestAForeignMarkIsIgnored(t *testing.T) {
	t.Parallel()
	l := newLeg(nil, "MZ1")
	in, err := l.take(&twiliomedia.Message{
		Kind: twiliomedia.Mark, StreamSID: "MZ1", Name: strings.Repeat("x", maxMark+1),
	})
	require.NoError(t, err)
	require.Zero(t, in.Kind)
	require.EqualValues(t, 1, l.ignored)
}
