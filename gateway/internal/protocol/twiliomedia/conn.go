package twiliomedia

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// MaxMessage is the largest message that is read, in bytes; a larger one ends
// the connection with close code 1009.
const MaxMessage = 64 << 10

// conn is what both roles share. Binary messages end the connection with
// wsconn.ErrKind.
type conn struct{ ws *wsconn.Conn }

var limits = wsconn.Limits{
	Message: MaxMessage,
	Idle:    60 * time.Second, // a pause of media alone never ends a call
	Ping:    20 * time.Second,
	Write:   5 * time.Second,
	Only:    wsconn.Text,
}

func (c conn) next() ([]byte, error) {
	_, msg, err := c.ws.Next()
	return msg, err
}

func (c conn) send(encode ...func(dst []byte) []byte) error { return c.ws.Send(wsconn.Text, encode...) }

// ReadUntil is wsconn.Conn.ReadUntil.
func (c conn) ReadUntil(t time.Time) { c.ws.ReadUntil(t) }

// Shutdown is wsconn.Conn.Shutdown.
func (c conn) Shutdown(code int, reason string) error { return c.ws.Shutdown(code, reason) }

// Close is wsconn.Conn.Close.
func (c conn) Close() { c.ws.Close() }
