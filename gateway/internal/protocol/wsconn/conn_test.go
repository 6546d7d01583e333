package wsconn_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limits are generous.
var limits = wsconn.Limits{Message: 4096, Idle: 10 * time.Second, Write: 5 * time.Second}

// dial gives a raw connection to a server that runs serve.
func dial(t *testing.T, l wsconn.Limits, serve func(*wsconn.Conn)) *websocket.Conn {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := wsconn.NewServer(ws, l)
		defer c.Close()
		serve(c)
	}))
	t.Cleanup(srv.Close)
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

func echo(c *wsconn.Conn) {
	for {
		kind, msg, err := c.Next()
		if err != nil {
			return
		}
		_ = c.Send(kind, func(dst []byte) []byte { return append(dst, msg...) })
	}
}

func TestBothKinds(t *testing.T) {
	t.Parallel()
	ws := dial(t, limits, echo)
	for _, kind := range []int{wsconn.Text, wsconn.Binary} {
		for _, size := range []int{0, 1, 2000, 4096} {
			want := strings.Repeat("x", size)
			require.NoError(t, ws.WriteMessage(kind, []byte(want)))
			got, msg, err := ws.ReadMessage()
			require.NoError(t, err)
			require.Equal(t, kind, got)
			require.Equal(t, want, string(msg))
		}
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()
	only := limits
	only.Only = wsconn.Binary
	ended := make(chan error, 1)
	ws := dial(t, only, func(c *wsconn.Conn) {
		_, _, err := c.Next()
		ended <- err
	})
	require.NoError(t, ws.WriteMessage(wsconn.Text, []byte("x")))
	require.ErrorIs(t, <-ended, wsconn.ErrKind)
	_, _, err := ws.ReadMessage()
	require.True(t, websocket.IsCloseError(err, websocket.CloseUnsupportedData), err)
}

func TestIdle(t *testing.T) {
	t.Parallel()
	idle := limits
	idle.Idle = 300 * time.Millisecond
	ended := make(chan error, 1)
	ws := dial(t, idle, func(c *wsconn.Conn) {
		c.LimitControl(100)
		_, _, err := c.Next()
		ended <- err
	})
	begun := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 10 { // control frames alone keep it open
		<-tick.C
		require.NoError(t, ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)))
	}
	var timeout net.Error
	require.ErrorAs(t, <-ended, &timeout)
	require.True(t, timeout.Timeout())
	require.Greater(t, time.Since(begun), 600*time.Millisecond)
}

func TestLimitControl(t *testing.T) {
	t.Parallel()
	const allowed = 10
	ended := make(chan error, 1)
	ws := dial(t, limits, func(c *wsconn.Conn) {
		c.LimitControl(allowed)
		_, _, err := c.Next()
		ended <- err
	})
	pongs := 0
	ws.SetPongHandler(func(data string) error {
		require.Equal(t, "are you there", data)
		pongs++
		return nil
	})
	for range allowed {
		require.NoError(t, ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Second)))
	}
	require.NoError(t, ws.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second)))
	require.ErrorIs(t, <-ended, wsconn.ErrFlood)
	_, _, err := ws.ReadMessage()
	require.True(t, websocket.IsCloseError(err, websocket.ClosePolicyViolation), err)
	require.Equal(t, allowed, pongs)
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	ws := dial(t, limits, func(c *wsconn.Conn) {
		_ = c.Shutdown(websocket.CloseNormalClosure, "bye")
		_, _, err := c.Next()
		ended <- err
		c.Close() // twice, with the one of the handler
	})
	_, _, err := ws.ReadMessage() // answers the close frame
	require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), err)
	code, ok := wsconn.Closed(<-ended)
	require.True(t, ok)
	require.Equal(t, websocket.CloseNormalClosure, code)
}
