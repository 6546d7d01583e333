package twiliomedia_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial gives a raw connection to a server that runs serve.
func dial(t testing.TB, serve func(*twiliomedia.Gateway)) *websocket.Conn {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g, err := twiliomedia.Accept(w, r)
		if err != nil {
			return
		}
		defer g.Close()
		serve(g)
	}))
	t.Cleanup(srv.Close)
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

// echo sends media back and ends when the platform stops.
func echo(g *twiliomedia.Gateway) {
	var m twiliomedia.Message
	for g.Read(&m) == nil {
		switch m.Kind {
		case twiliomedia.Media:
			_ = g.Media(m.StreamSID, m.Payload)
		case twiliomedia.DTMF:
			_ = g.Mark(m.StreamSID, m.Digit)
			_ = g.Clear(m.StreamSID)
		case twiliomedia.Stopped:
			_ = g.Shutdown(websocket.CloseNormalClosure, "")
		}
	}
}

func TestBothRoles(t *testing.T) {
	t.Parallel()
	p := twiliomedia.NewPlatform(dial(t, echo))
	defer p.Close()
	require.NoError(t, p.Connected())
	require.NoError(t, p.Start(twiliomedia.Start{StreamSID: "MZ1", CallSID: "CA1", Format: twiliomedia.Mulaw}))

	var m twiliomedia.Message
	want := []byte("20 ms of audio")
	require.NoError(t, p.Media(0, want))
	require.NoError(t, p.Read(&m))
	require.Equal(t, twiliomedia.Media, m.Kind)
	require.Equal(t, "MZ1", m.StreamSID)
	require.Equal(t, want, m.Payload)

	require.NoError(t, p.DTMF("#"))
	require.NoError(t, p.Read(&m))
	require.Equal(t, twiliomedia.Mark, m.Kind)
	require.Equal(t, "#", m.Name)
	require.NoError(t, p.Read(&m))
	require.Equal(t, twiliomedia.Clear, m.Kind)

	require.NoError(t, p.Played("#"))
	require.NoError(t, p.Stop())
	err := p.Read(&m)
	code, ok := wsconn.Closed(err)
	require.True(t, ok, err)
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Zero(t, p.Stats())
}

func TestHostileFrames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		kind int
		size int
		want int // close code
	}{
		{"binary", websocket.BinaryMessage, 10, websocket.CloseUnsupportedData},
		{"10 MiB", websocket.TextMessage, 10 << 20, websocket.CloseMessageTooBig},
		{"one byte too long", websocket.TextMessage, twiliomedia.MaxMessage + 1, websocket.CloseMessageTooBig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			ws := dial(t, func(g *twiliomedia.Gateway) {
				var m twiliomedia.Message
				ended <- g.Read(&m)
			})
			_ = ws.WriteMessage(tt.kind, make([]byte, tt.size)) // may be cut short
			require.Error(t, <-ended)
			_, _, err := ws.ReadMessage()
			require.Error(t, err)
			var closed *websocket.CloseError
			if errors.As(err, &closed) { // else the unread rest reset the connection first
				require.Equal(t, tt.want, closed.Code)
			}
		})
	}
}

func TestLargestMessage(t *testing.T) {
	t.Parallel()
	p := twiliomedia.NewPlatform(dial(t, echo))
	defer p.Close()
	require.NoError(t, p.Start(twiliomedia.Start{StreamSID: "MZ1", Format: twiliomedia.Mulaw}))
	audio := make([]byte, 48_000)
	require.NoError(t, p.Media(0, audio))
	var m twiliomedia.Message
	require.NoError(t, p.Read(&m))
	require.Equal(t, audio, m.Payload)
}

func TestReadUntil(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	dial(t, func(g *twiliomedia.Gateway) {
		g.ReadUntil(time.Now().Add(20 * time.Millisecond))
		var m twiliomedia.Message
		ended <- g.Read(&m)
	})
	err := <-ended
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
	_, ok := wsconn.Closed(err)
	require.False(t, ok)
}

// A reader that stops reading ends in the write deadline.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	dial(t, func(g *twiliomedia.Gateway) {
		audio := make([]byte, 32_000)
		for {
			if err := g.Media("MZ1", audio); err != nil {
				ended <- err
				return
			}
		}
	})
	select {
	case err := <-ended:
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the write did not end")
	}
}

func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	ws := dial(t, func(g *twiliomedia.Gateway) {
		var m twiliomedia.Message
		ended <- g.Read(&m)
	})
	require.NoError(t, ws.NetConn().Close())
	err := <-ended
	require.Error(t, err)
	_, ok := wsconn.Closed(err)
	require.False(t, ok, "a lost connection is no close frame")
}

// BenchmarkSocket is one frame in and one frame out over a loopback socket.
// The other end is a raw TCP client, so that only the gateway's allocations
// count.
func BenchmarkSocket(b *testing.B) {
	var frames atomic.Int64
	ws := dial(b, func(g *twiliomedia.Gateway) {
		var m twiliomedia.Message
		for g.Read(&m) == nil {
			if g.Media(m.StreamSID, m.Payload) != nil {
				return
			}
			frames.Add(1)
		}
	})
	audio := make([]byte, 160)
	in := maskedFrame(twiliomedia.AppendInbound(nil, "MZ1", 1, 1, 0, audio))
	reply := make([]byte, 4+len(twiliomedia.AppendMedia(nil, "MZ1", audio)))
	tcp := ws.NetConn()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tcp.Write(in); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(tcp, reply); err != nil {
			b.Fatal(err)
		}
	}
	require.Positive(b, frames.Load())
}

// maskedFrame is a client's text frame of 126 to 65535 bytes with the mask 0
// (RFC 6455 section 5.2).
func maskedFrame(payload []byte) []byte {
	frame := []byte{0x81, 0x80 | 126, byte(len(payload) >> 8), byte(len(payload)), 0, 0, 0, 0}
	return append(frame, payload...)
}
