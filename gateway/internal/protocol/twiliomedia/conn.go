package twiliomedia

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Bounds of one connection.
const (
	// MaxMessage is the largest message that is read, in bytes; a larger one
	// ends the connection with close code 1009.
	MaxMessage = 64 << 10

	writeTimeout = 5 * time.Second
	pingInterval = 20 * time.Second
	// idleTimeout ends a connection that brings neither data nor a pong. A
	// pause of media alone never ends a call.
	idleTimeout = 60 * time.Second
)

// ErrBinary is a binary message; Media Streams are text. The connection was
// closed with code 1003.
var ErrBinary = errors.New("binary message on a text stream")

// conn is what both roles share: whole text messages in reused buffers, and
// the connection's liveness. One goroutine reads; writers take the mutex.
type conn struct {
	ws *websocket.Conn

	in    []byte
	until time.Time // zero: only idleTimeout applies

	write sync.Mutex
	out   []byte // guarded by write

	closing sync.Once
	done    chan struct{}
	pinging sync.WaitGroup
}

func (c *conn) start(ws *websocket.Conn) {
	c.ws = ws
	c.done = make(chan struct{})
	ws.SetReadLimit(MaxMessage)
	ws.EnableWriteCompression(false)
	ws.SetPongHandler(func(string) error { return c.extend() })
	c.pinging.Go(c.ping)
}

// ReadUntil makes reading fail after t, whatever arrives; the zero time lifts
// it. It is called by the goroutine that reads.
func (c *conn) ReadUntil(t time.Time) { c.until = t }

func (c *conn) extend() error {
	t := time.Now().Add(idleTimeout)
	if !c.until.IsZero() && c.until.Before(t) {
		t = c.until
	}
	return c.ws.SetReadDeadline(t)
}

// next reads one text message, valid until the next call.
func (c *conn) next() ([]byte, error) {
	if err := c.extend(); err != nil {
		return nil, fmt.Errorf("set the read deadline: %w", err)
	}
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	if kind != websocket.TextMessage {
		_ = c.Shutdown(websocket.CloseUnsupportedData, "text messages only")
		return nil, ErrBinary
	}
	if c.in == nil {
		c.in = make([]byte, 0, 1024)
	}
	c.in = c.in[:0]
	for {
		if len(c.in) == cap(c.in) {
			c.in = append(c.in, 0)[:len(c.in)]
		}
		n, err := r.Read(c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		switch {
		case err == io.EOF:
			return c.in, nil
		case err != nil:
			return nil, fmt.Errorf("read a message: %w", err)
		}
	}
}

// send writes the message that encode appends to a reused buffer.
// os.ErrDeadlineExceeded means that the other end stopped reading.
func (c *conn) send(encode func(dst []byte) []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	c.out = encode(c.out[:0])
	_ = c.ws.SetWriteDeadline(time.Now().Add(writeTimeout)) // stores it, cannot fail
	return stalled(c.ws.WriteMessage(websocket.TextMessage, c.out))
}

// stalled restores the error that the WebSocket library hides on a time-out.
func stalled(err error) error {
	var n net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &n) && n.Timeout():
		return fmt.Errorf("write a message: %w", os.ErrDeadlineExceeded)
	}
	return fmt.Errorf("write a message: %w", err)
}

func (c *conn) ping() {
	tick := time.NewTicker(pingInterval)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-tick.C:
			if c.control(websocket.PingMessage, nil) != nil {
				return // the reader sees why
			}
		}
	}
}

func (c *conn) control(kind int, data []byte) error {
	return c.ws.WriteControl(kind, data, time.Now().Add(writeTimeout))
}

// Shutdown starts the closing handshake. Whoever reads goes on reading until
// an error: closing a socket with unread data would reset it, and the other
// end might lose the close code.
func (c *conn) Shutdown(code int, reason string) error {
	if err := c.control(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason)); err != nil {
		return fmt.Errorf("send close %d: %w", code, err)
	}
	return nil
}

// Close releases the connection; a blocked read returns. It may be called
// twice and from any goroutine.
func (c *conn) Close() {
	c.closing.Do(func() {
		close(c.done)
		_ = c.ws.Close()
	})
	c.pinging.Wait()
}

// Closed reports whether err is the other end's close frame, and its code.
func Closed(err error) (code int, ok bool) {
	var e *websocket.CloseError
	if !errors.As(err, &e) || e.Code == websocket.CloseAbnormalClosure {
		return 0, false // 1006 never travels: the connection broke
	}
	return e.Code, true
}
