package wsconn_test

import (
	"bytes"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// What a server sends together arrives as separate messages, whatever their
// sizes; each size has its own form of header.
func TestServerSendsTogether(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 1, 125, 126, 65_535, 65_536}
	ws := dial(t, limits, func(c *wsconn.Conn) {
		var all []func([]byte) []byte
		for _, n := range sizes {
			all = append(all, func(dst []byte) []byte { return append(dst, bytes.Repeat([]byte{byte(n)}, n)...) })
		}
		_ = c.Send(wsconn.Binary, all...)
		_ = c.Shutdown(websocket.CloseNormalClosure, "")
		echo(c)
	})
	for _, n := range sizes {
		kind, msg, err := ws.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, wsconn.Binary, kind)
		require.Equal(t, bytes.Repeat([]byte{byte(n)}, n), msg)
	}
	_, _, err := ws.ReadMessage()
	require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), err)
}

// No data follows a close frame, whoever closed first.
func TestServerSendsNothingAfterTheClose(t *testing.T) {
	t.Parallel()
	hello := func(dst []byte) []byte { return append(dst, "hello"...) }
	for _, tt := range []struct {
		name  string
		close func(*wsconn.Conn) error
	}{
		{"of its own", func(c *wsconn.Conn) error { return c.Shutdown(websocket.CloseGoingAway, "") }},
		{"of the other end", func(c *wsconn.Conn) error {
			_, _, err := c.Next()
			if code, ok := wsconn.Closed(err); !ok || code != websocket.CloseGoingAway {
				return err
			}
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan error, 2)
			ws := dial(t, limits, func(c *wsconn.Conn) {
				sent <- tt.close(c)
				sent <- c.Send(wsconn.Text, hello)
				echo(c)
			})
			going := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			require.NoError(t, ws.WriteMessage(websocket.CloseMessage, going))
			_, _, err := ws.ReadMessage()
			require.True(t, websocket.IsCloseError(err, websocket.CloseGoingAway), err)
			require.NoError(t, <-sent)
			require.ErrorIs(t, <-sent, websocket.ErrCloseSent)
		})
	}
}
