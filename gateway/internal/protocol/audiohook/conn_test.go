package audiohook

import (
	"errors"
	"io"
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

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial gives a raw connection to a server that runs serve.
func dial(t testing.TB, serve func(*Server)) *websocket.Conn {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := Accept(w, r, session)
		if err != nil {
			return
		}
		defer s.Release()
		serve(s)
	}))
	t.Cleanup(srv.Close)
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

// answer answers every message of the client.
func answer(s *Server) {
	var m Message
	media := Offer(FormatPCMU, ChannelExternal)
	for s.Read(&m) == nil {
		switch m.Kind {
		case Open:
			media, _ = Select(m.Open.Media)
			_ = s.Opened(media)
		case Ping:
			_ = s.Pong(m.Seq)
		case Audio:
			_ = s.Audio(media, m.Data)
		case DTMF:
			_ = s.BargeIn()
		case Update:
			_ = s.Updated()
		case PlaybackCompleted:
			_ = s.Disconnect(ReasonCompleted, "why", map[string]string{"summary": `a "quote" & <ü>`, "disposition": "transfer"})
		case Close:
			_ = s.Closed()
			_ = s.Shutdown(websocket.CloseNormalClosure, "")
		case Violation:
			_ = s.Disconnect(ReasonError, m.Problem, nil)
		}
	}
}

// GA-28: the client of this package speaks every line of the protocol, in the
// tests of the channel too.
func TestBothRolesGA28(t *testing.T) {
	t.Parallel()
	c := NewClient(dial(t, answer), session)
	defer c.Release()
	offer := Offer(FormatPCMU, ChannelExternal)
	var m Message
	step := func(err error) Message {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, c.Read(&m))
		require.NotEqual(t, Violation, m.Kind, m.Problem)
		return m
	}
	step(c.Open(OpenParameters{
		OrganizationID: "o", ConversationID: "c", Participant: Participant{ID: "p", ANI: "tel:+1"}, Media: []Media{offer},
		Language: "en-US", Input: map[string]string{"a": "b"},
	}))
	require.Equal(t, Opened, m.Kind)
	require.Len(t, m.Media, 1)
	require.True(t, offer.Is(m.Media[0]))
	require.EqualValues(t, 1, m.Peer)

	require.Equal(t, Pong, step(c.Ping(12*time.Millisecond)).Kind)
	require.EqualValues(t, 2, m.Peer, "a pong names its ping")
	step(c.Audio([]byte("200 ms")))
	require.Equal(t, Audio, m.Kind)
	require.Equal(t, "200 ms", string(m.Data))
	require.True(t, step(c.DTMF("#")).BargeIn)
	require.Equal(t, Updated, step(c.Update("de-DE")).Kind)
	require.NoError(t, c.PlaybackStarted())
	require.NoError(t, c.Error(429, "slow", time.Second))
	require.NoError(t, c.Gap(Discarded, 0, time.Second))
	require.NoError(t, c.Gap(Paused, 0, 0))
	require.NoError(t, c.Gap(Resumed, time.Second, time.Second))
	require.NoError(t, c.Send("hologram", []byte(`{"a":1}`)))
	step(c.PlaybackCompleted())
	require.Equal(t, Disconnect, m.Kind)
	require.Equal(t, map[string]string{"summary": `a "quote" & <ü>`, "disposition": "transfer"}, m.Output)
	require.EqualValues(t, 11, m.Peer)
	require.Equal(t, Closed, step(c.Close(ReasonDone)).Kind)
	err := c.Read(&m)
	code, ok := wsconn.Closed(err)
	require.True(t, ok, err)
	require.Equal(t, websocket.CloseNormalClosure, code)
	require.Zero(t, c.Stats())
}

func TestHostileFrames(t *testing.T) {
	t.Parallel()
	unmasked := []byte{0x81, 0x02, '{', '}'}
	compressed := []byte{0xC1, 0x82, 0, 0, 0, 0, '{', '}'}
	fragmentedPing := []byte{0x09, 0x80, 0, 0, 0, 0}
	tests := []struct {
		name string
		send func(*websocket.Conn) error
		want int // close code
	}{
		{"GA-25 unmasked", raw(unmasked), websocket.CloseProtocolError},
		{"GA-25 compressed", raw(compressed), websocket.CloseProtocolError},
		{"GA-25 fragmented control frame", raw(fragmentedPing), websocket.CloseProtocolError},
		{"GA-14 65,537 bytes", sized(websocket.BinaryMessage, MaxMessage+1), websocket.CloseMessageTooBig},
		{"GA-14 10 MiB", sized(websocket.BinaryMessage, 10<<20), websocket.CloseMessageTooBig},
		{"GA-25 long text", sized(websocket.TextMessage, MaxMessage+1), websocket.CloseMessageTooBig},
		{"GA-25 control frames", flood, websocket.ClosePolicyViolation},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ended := make(chan error, 1)
			ws := dial(t, func(s *Server) {
				var m Message
				ended <- s.Read(&m)
			})
			_ = tt.send(ws) // may be cut short
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

func raw(frame []byte) func(*websocket.Conn) error {
	return func(ws *websocket.Conn) error {
		_, err := ws.NetConn().Write(frame)
		return err
	}
}

func sized(kind, size int) func(*websocket.Conn) error {
	return func(ws *websocket.Conn) error { return ws.WriteMessage(kind, make([]byte, size)) }
}

func flood(ws *websocket.Conn) error {
	for range 3 * maxControl {
		if err := ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
			return err
		}
	}
	return nil
}

func TestSizes(t *testing.T) {
	t.Parallel()
	c := NewClient(dial(t, answer), session)
	defer c.Release()
	var m Message
	for _, size := range []int{0, 1, 1600, 1601, MaxMessage} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i)
		}
		require.NoError(t, c.Audio(want))
		require.NoError(t, c.Read(&m))
		require.Equal(t, Audio, m.Kind)
		require.Equal(t, want, m.Data)
	}
}

// A reader that stops reading ends in the write deadline.
func TestStalledReader(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	dial(t, func(s *Server) {
		audio := make([]byte, 64_000)
		for {
			if err := s.Audio(Offer(FormatPCMU, ChannelExternal), audio); err != nil {
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

// No frame allocates in this package; the WebSocket library makes one small
// reader for each message.
func TestAllocations(t *testing.T) { //nolint:paralleltest // it counts
	dst, audio := make([]byte, 0, 4096), make([]byte, 1600)
	for _, channels := range [][]string{{ChannelExternal}, {ChannelExternal, ChannelInternal}} {
		media := Offer(FormatPCMU, channels...)
		require.Zero(t, testing.AllocsPerRun(100, func() { dst = media.Append(dst[:0], audio) }))
		require.Zero(t, testing.AllocsPerRun(100, func() { media.Take(audio) }))
	}
}

// BenchmarkSocket is one frame in and one frame out over a loopback socket.
// The other end is a raw TCP client, so that only the server's allocations
// count.
func BenchmarkSocket(b *testing.B) {
	var frames atomic.Int64
	media := Offer(FormatPCMU, ChannelExternal)
	ws := dial(b, func(s *Server) {
		var m Message
		for s.Read(&m) == nil {
			if s.Audio(media, m.Data) != nil {
				return
			}
			frames.Add(1)
		}
	})
	const size = 1600
	in := append([]byte{0x82, 0x80 | 126, size >> 8, size & 0xff, 0, 0, 0, 0}, make([]byte, size)...)
	reply := make([]byte, 4+size)
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
