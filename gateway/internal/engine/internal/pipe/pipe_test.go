package pipe_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAFullQueueDropsItsOldestFrame(t *testing.T) {
	t.Parallel()
	f := pipe.NewFrames(1)
	for i := range 53 {
		err := f.Write([]byte{byte(i)})
		if i < 50 {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, pipe.ErrDropped)
		}
	}
	require.EqualValues(t, 3, f.Dropped())
	<-f.Ready()
	var b [1]byte
	for i := 3; i < 53; i++ {
		require.True(t, f.Read(b[:]))
		require.Equal(t, byte(i), b[0])
	}
	require.False(t, f.Read(b[:]))
}

func TestFramesOfTheWrongSizeAndAfterTheEnd(t *testing.T) {
	t.Parallel()
	f := pipe.NewFrames(2)
	require.EqualError(t, f.Write([]byte{1}), "caller audio of 1 bytes, a frame has 2")
	frame := []byte{1, 2}
	require.NoError(t, f.Write(frame))
	frame[0] = 9
	f.Close()
	require.ErrorIs(t, f.Write(frame), pipe.ErrClosed)
	got := make([]byte, 2)
	require.True(t, f.Read(got))
	require.Equal(t, []byte{1, 2}, got, "the frame is copied")
}

func TestEventsEndOnce(t *testing.T) {
	t.Parallel()
	s := pipe.NewEvents()
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	for ; n < 64; n++ {
		require.NoError(t, s.Send(ctx, call.Event{Kind: call.EventMark}))
	}
	cancel()
	require.ErrorIs(t, s.Send(ctx, call.Event{Kind: call.EventMark}), context.Canceled)
	s.Finish(call.Event{Reason: "closed"})
	var last call.Event
	for e := range s.Receive() {
		last = e
		n--
	}
	require.Equal(t, call.Event{Kind: call.EventEnd, Reason: "closed"}, last)
	require.Zero(t, n, "one old event made room for the end")
}

func BenchmarkFrames(b *testing.B) {
	f := pipe.NewFrames(640)
	frame := make([]byte, 640)
	b.ReportAllocs()
	for b.Loop() {
		_ = f.Write(frame)
		f.Read(frame)
	}
}
