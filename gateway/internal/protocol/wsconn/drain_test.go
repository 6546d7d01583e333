package wsconn_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// After a read that timed out the close code still arrives, although the other
// end goes on sending.
func TestDrain(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var u websocket.Upgrader
		ws, err := u.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		c := wsconn.NewServer(ws, wsconn.Limits{Message: 1 << 10, Idle: time.Minute, Write: time.Second})
		defer c.Close()
		c.ReadUntil(time.Now().Add(50 * time.Millisecond))
		for err == nil {
			_, _, err = c.Next()
		}
		_ = c.Shutdown(websocket.ClosePolicyViolation, "late")
		c.Drain(5 * time.Second)
	}))
	t.Cleanup(srv.Close)
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	defer ws.Close()
	for err == nil {
		_ = ws.WriteMessage(websocket.BinaryMessage, make([]byte, 1<<10)) // it may be closed by now
		_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, _, err = ws.NextReader(); err == nil {
			break
		}
	}
	code, closed := wsconn.Closed(err)
	require.True(t, closed, err)
	require.Equal(t, websocket.ClosePolicyViolation, code)
}
