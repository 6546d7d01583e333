package handset_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestACall(t *testing.T) {
	t.Parallel()
	h := handset.New(audio.Mulaw8k)
	broken := errors.New("the platform is broken")
	said := make(chan []byte, 2)
	h.Run(t.Context(), func(context.Context) (channel.LineEnd, error) {
		require.Equal(t, byte('5'), <-h.Pressed())
		said <- h.Said()
		said <- h.Said()
		<-h.HungUp()
		h.Over()
		return channel.LineEnd{Next: "hangup"}, broken
	})
	frame := bytes.Repeat([]byte{7}, 160)
	require.NoError(t, h.Send(frame))
	require.EqualError(t, h.Send(frame[:10]), "a frame has 160 bytes, not 10")
	require.EqualError(t, h.Press('x'), `'x' is not a key of a telephone`)
	require.NoError(t, h.Press('5'))
	require.Equal(t, frame, <-said)
	require.Equal(t, bytes.Repeat([]byte{0xff}, 160), <-said, "nothing more was said")
	h.Hangup()
	h.Hangup()
	end, err := h.Wait(t.Context())
	require.ErrorIs(t, err, broken)
	require.Equal(t, channel.LineEnd{Next: "hangup"}, end)
	require.ErrorIs(t, h.Send(frame), handset.ErrOver)
	require.ErrorIs(t, h.Press('5'), handset.ErrOver)
	_, more := <-h.Heard()
	require.False(t, more)
}

func TestCancellingTheWaitEndsTheCall(t *testing.T) {
	t.Parallel()
	h := handset.New(audio.Mulaw8k)
	h.Run(t.Context(), func(ctx context.Context) (channel.LineEnd, error) {
		<-ctx.Done()
		h.Over()
		return channel.LineEnd{}, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Wait(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

func TestHeardIsBounded(t *testing.T) {
	t.Parallel()
	h := handset.New(audio.Mulaw8k)
	for range 250 {
		require.NoError(t, h.Play(channel.Heard{}))
	}
	require.ErrorIs(t, h.Play(channel.Heard{}), handset.ErrUnread)
}

func TestViolationsAreBounded(t *testing.T) {
	t.Parallel()
	var v handset.ViolationError
	require.NoError(t, v.Err())
	for n := range 100 {
		v.Add("message %d", n)
	}
	require.ErrorContains(t, v.Err(), "100 violations of the protocol, first: message 0; message 1;")
	require.Len(t, v.Violations, 10)
}
