package audiohook

import (
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// MaxMessage is the largest message that is read, in bytes; a larger one
	// ends the connection with close code 1009.
	MaxMessage = 64 << 10
	// MaxText is the largest text message, in bytes
	// (https://developer.genesys.cloud/devapps/audiohook/protocol-reference).
	MaxText = 65_535
	// Idle ends a connection that brings nothing; pings come every 5 s.
	Idle = 30 * time.Second
	// writing bounds the writing of one message.
	writing = 5 * time.Second
	// maxControl is how many control frames may come within a second.
	maxControl = 10
)

// conn is what both roles share.
type conn struct {
	ws      *wsconn.Conn
	decoder decoder
	peer    string       // member that acknowledges
	seq     atomic.Int64 // of the last text message of this end; changed while one is encoded
	seen    atomic.Int64 // of the last text message of the other end
}

// limits are those of every connection.
var limits = wsconn.Limits{Message: MaxMessage, Idle: Idle, Write: writing}

// begin takes over an open connection.
func (c *conn) begin(ws *wsconn.Conn, id string) {
	c.ws = ws
	c.ws.LimitControl(maxControl)
	c.decoder.id, c.decoder.sent = id, c.seq.Load
}

// Read waits for the next message. Messages of kind Unknown and Violation are
// passed on too. An error ends the connection; wsconn.Closed tells a close
// frame from a broken connection.
func (c *conn) Read(m *Message) error {
	kind, data, err := c.ws.Next()
	switch {
	case err != nil:
		return err
	case kind == wsconn.Binary:
		*m = Message{Kind: Audio, Data: data}
		return nil
	case len(data) > MaxText:
		c.decoder.violated(m, "the text is too long")
		return nil
	}
	c.decoder.decode(data, m)
	c.seen.Store(c.decoder.last)
	return nil
}

// Stats counts what was ignored; call it from the goroutine that reads.
func (c *conn) Stats() Stats { return c.decoder.stats }

// ReadUntil is wsconn.Conn.ReadUntil.
func (c *conn) ReadUntil(t time.Time) { c.ws.ReadUntil(t) }

// Shutdown is wsconn.Conn.Shutdown.
func (c *conn) Shutdown(code int, reason string) error { return c.ws.Shutdown(code, reason) }

// Release is wsconn.Conn.Close.
func (c *conn) Release() { c.ws.Close() }

// text sends a text message with the next number.
func (c *conn) text(kind string, parameters func([]byte) []byte) error {
	return c.numbered(kind, func() int64 { return c.seen.Load() }, parameters)
}

// numbered sends a text message that acknowledges what it is told to.
func (c *conn) numbered(kind string, acknowledged func() int64, parameters func([]byte) []byte) error {
	return c.ws.Send(wsconn.Text, func(dst []byte) []byte {
		return appendEnvelope(dst, c.decoder.id, kind, c.seq.Add(1), c.peer, acknowledged(), parameters)
	})
}
