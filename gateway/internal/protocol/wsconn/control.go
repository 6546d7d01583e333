package wsconn

import (
	"errors"
	"time"

	"github.com/gorilla/websocket"
)

// ErrFlood is more control frames than LimitControl allows. The connection was
// closed with code 1008.
var ErrFlood = errors.New("too many control frames")

// LimitControl ends the connection when more than n pings and pongs come within
// a second. It is called before the first message is read.
func (c *Conn) LimitControl(n int) {
	var begun time.Time
	count := 0
	frame := func() error {
		if now := time.Now(); now.Sub(begun) >= time.Second {
			begun, count = now, 0
		}
		if count++; count > n {
			_ = c.Shutdown(websocket.ClosePolicyViolation, ErrFlood.Error()) // the error below says it all
			return ErrFlood
		}
		return c.extend()
	}
	c.ws.SetPongHandler(func(string) error { return frame() })
	c.ws.SetPingHandler(func(data string) error {
		if err := frame(); err != nil {
			return err
		}
		// Without an answer the other end gives up; if it cannot be sent, the
		// next read or write says why.
		_ = c.control(websocket.PongMessage, []byte(data))
		return nil
	})
}
