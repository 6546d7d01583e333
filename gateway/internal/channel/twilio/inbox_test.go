package twilio

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

var frame = bytes.Repeat([]byte{0x11}, 160)

// fill reads inputs until n bytes of silence came.
func fill(t *testing.T, q *inbox, n int) {
	t.Helper()
	for n > 0 {
		in, err := q.next(t.Context())
		require.NoError(t, err)
		require.Equal(t, call.InputFill, in.Kind)
		for _, c := range in.Data {
			require.Equal(t, byte(0xff), c)
		}
		n -= len(in.Data)
	}
	require.Zero(t, n)
}

func media(t *testing.T, q *inbox) {
	t.Helper()
	in, err := q.next(t.Context())
	require.NoError(t, err)
	require.Equal(t, call.Input{Kind: call.InputAudio, Data: frame}, in)
}

func testSilence(t *testing.T) {
	tests := []struct {
		name    string
		pause   time.Duration // real time without media
		jump    int64         // timestamp of the next frame, ms; the frame before ends at 120
		atOnce  int           // bytes of silence during the pause
		onMedia int           // bytes of silence when media returns
	}{
		{"no gap", 20 * time.Millisecond, 120, 0, 0},
		{"jitter", 119 * time.Millisecond, 219, 0, 0},
		{"five frames", 120 * time.Millisecond, 220, 0, 800},
		{"700 ms", 700 * time.Millisecond, 820, 0, 5600},
		{"2 s", 2 * time.Second, 2120, 8000, 8000},
		{"1 s, filled before", time.Second, 1120, 8000, 0},
		{"delayed, nothing missing", 2 * time.Second, 120, 8000, 0},
		{"a minute", time.Minute, 60_120, 8000, 80_000},
		{"no timestamp", 2 * time.Second, twiliomedia.Absent, 8000, 0},
		{"the largest timestamp", 20 * time.Millisecond, 1e15 - 1, 0, 80_000},
		{"back to zero", 20 * time.Millisecond, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newInbox()
				defer q.timer.Stop()
				q.media(100, frame) // the stream need not start at 0
				media(t, q)
				start := time.Now()
				resumed := make(chan struct{})
				time.AfterFunc(tt.pause, func() {
					q.media(tt.jump, frame)
					close(resumed)
				})
				if tt.atOnce > 0 {
					fill(t, q, tt.atOnce)
					require.Equal(t, quietAfter, time.Since(start))
				}
				<-resumed
				fill(t, q, tt.onMedia)
				media(t, q)
				require.Equal(t, tt.pause, time.Since(start))
				require.Zero(t, q.n)
			})
		})
	}
}

// A frame lost now and then is made up for every fifth time; a clock that
// wavers is not.
func TestSmallGapsAddUp(t *testing.T) {
	t.Parallel()
	q := newInbox()
	filled := 0
	for n := range int64(60) {
		q.media(n*40, frame) // every other frame is missing
		for q.n > 0 {
			in, err := q.next(t.Context())
			require.NoError(t, err)
			if in.Kind == call.InputFill {
				filled += len(in.Data)
			}
		}
	}
	require.Equal(t, 11*800, filled)

	steady := newInbox()
	for n := range int64(60) {
		steady.media(n*20+n%2*50, frame)
		in, err := steady.next(t.Context())
		require.NoError(t, err)
		require.Equal(t, call.InputAudio, in.Kind)
		require.Zero(t, steady.n)
	}
}

func TestSilenceIsAddedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newInbox()
		defer q.timer.Stop()
		fill(t, q, 8000) // before any media, too
		time.AfterFunc(10*time.Second, func() { q.end(nil) })
		in, err := q.next(t.Context())
		require.NoError(t, err)
		require.Equal(t, call.InputHangup, in.Kind)
		_, err = q.next(t.Context())
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func testBurst(t *testing.T) {
	q := newInbox()
	q.add(call.Input{Kind: call.InputDTMF, Digit: '5'})
	total := 10 * maxItems
	for n := range total {
		q.media(int64(n)*20, bytes.Repeat([]byte{byte(n)}, 160))
	}
	q.add(call.Input{Kind: call.InputMark, Mark: "g1-1"})
	q.end(nil)
	require.EqualValues(t, total+2-maxItems, q.dropped)

	var kinds []call.InputKind
	first := -1
	for {
		in, err := q.next(t.Context())
		if err != nil {
			break
		}
		if in.Kind == call.InputAudio && first < 0 {
			first = int(in.Data[0])
		}
		kinds = append(kinds, in.Kind)
	}
	require.Len(t, kinds, maxItems+1)
	require.Equal(t, call.InputDTMF, kinds[0], "keys are never dropped for audio")
	require.Equal(t, call.InputHangup, kinds[maxItems], "nor is the hangup")
	require.Equal(t, call.InputMark, kinds[maxItems-1])
	require.Equal(t, int(byte(total-(maxItems-2))), first, "the oldest audio goes first")
}

func TestFloodOfMarksIsBounded(t *testing.T) {
	t.Parallel()
	q := newInbox()
	for range 10 * maxItems {
		q.add(call.Input{Kind: call.InputMark, Mark: "x"})
	}
	require.Equal(t, maxItems, q.n)
	require.EqualValues(t, 9*maxItems, q.dropped)

	r := reception{leg: newLeg(nil, "MZ1")}
	r.message(&twiliomedia.Message{Kind: twiliomedia.Mark, StreamSID: "MZ1", Name: strings.Repeat("x", maxMark+1)})
	require.EqualValues(t, 1, r.ignored)
	require.Zero(t, r.in.n, "nor does a mark of any length fill it")
}

func TestLongMessageIsCut(t *testing.T) {
	t.Parallel()
	q := newInbox()
	long := make([]byte, 48_000)
	for i := range long {
		long[i] = byte(i)
	}
	q.media(0, long)
	q.end(nil)
	var got []byte
	for len(got) < len(long) {
		in, err := q.next(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, len(in.Data), audio.Mulaw8k.Bytes(maxPiece))
		got = append(got, in.Data...)
	}
	require.Equal(t, long, got)
}

func TestNextDoesNotAllocate(t *testing.T) {
	q := newInbox()
	ctx := t.Context()
	exchange := func() {
		q.media(twiliomedia.Absent, frame)
		_, _ = q.next(ctx)
	}
	for range 2 * maxItems { // every slot has its buffer
		exchange()
	}
	require.Zero(t, testing.AllocsPerRun(100, exchange))
}

func BenchmarkInbox(b *testing.B) {
	q := newInbox()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		q.media(twiliomedia.Absent, frame)
		_, _ = q.next(ctx)
	}
}
