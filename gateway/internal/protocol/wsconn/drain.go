package wsconn

import (
	"io"
	"time"
)

// Drain waits for d at most until the other end has closed the connection, and
// discards what still comes. It is for a connection whose reading has failed,
// by a deadline or a limit, before it is closed: a socket closed with unread
// data is reset, and the other end might lose the close frame. It is called by
// the goroutine that reads, which reads no more after it.
func (c *Conn) Drain(d time.Duration) {
	tcp := c.ws.NetConn()
	if tcp.SetReadDeadline(time.Now().Add(d)) == nil {
		_, _ = io.Copy(io.Discard, tcp) // whatever ends it
	}
}
