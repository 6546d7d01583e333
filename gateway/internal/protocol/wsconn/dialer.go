package wsconn

import (
	"context"
	"net/http"

	"github.com/gorilla/websocket"
)

// Dialer opens WebSockets to addresses that users configure; outbound.Client is
// one.
type Dialer interface {
	DialWebSocket(ctx context.Context, target string, h http.Header) (*websocket.Conn, error)
}
