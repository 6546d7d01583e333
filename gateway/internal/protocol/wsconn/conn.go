package wsconn

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

// The kinds of messages of RFC 6455 that carry data.
const (
	Text   = websocket.TextMessage
	Binary = websocket.BinaryMessage
)

// ErrKind is a text message where only binary ones are allowed, or the other
// way round. The connection was closed with code 1003.
var ErrKind = errors.New("a message of the wrong kind")

// Limits of one connection.
type Limits struct {
	// Message is the largest message that is read, in bytes; a larger one ends
	// the connection with close code 1009.
	Message int64
	// Idle ends a connection that brings neither data nor a control frame.
	Idle time.Duration
	// Ping is the distance of pings; 0 sends none.
	Ping time.Duration
	// Write bounds the writing of one message.
	Write time.Duration
	// Only is the one kind of message that is allowed; 0 allows both.
	Only int
}

// Conn is a WebSocket connection. One goroutine reads; everything else may be
// called by others.
type Conn struct {
	ws     *websocket.Conn
	limits Limits

	in    []byte
	until time.Time // zero: only Limits.Idle applies

	write sync.Mutex
	out   []byte // guarded by write

	closing sync.Once
	done    chan struct{}
	pinging sync.WaitGroup
}

// New takes over an open connection.
func New(ws *websocket.Conn, l Limits) *Conn {
	c := &Conn{ws: ws, limits: l, done: make(chan struct{})}
	ws.SetReadLimit(l.Message)
	ws.EnableWriteCompression(false)
	ws.SetPongHandler(func(string) error { return c.extend() })
	if l.Ping > 0 {
		c.pinging.Go(c.ping)
	}
	return c
}

// ReadUntil makes reading fail after t, whatever arrives; the zero time lifts
// it. It is called by the goroutine that reads.
func (c *Conn) ReadUntil(t time.Time) { c.until = t }

func (c *Conn) extend() error {
	t := time.Now().Add(c.limits.Idle)
	if !c.until.IsZero() && c.until.Before(t) {
		t = c.until
	}
	return c.ws.SetReadDeadline(t)
}

// Next reads one message, Text or Binary, valid until the next call. An error
// ends the connection; Closed tells a close frame from a broken connection.
func (c *Conn) Next() (kind int, msg []byte, err error) {
	if err := c.extend(); err != nil {
		return 0, nil, fmt.Errorf("set the read deadline: %w", err)
	}
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return 0, nil, fmt.Errorf("read a message: %w", err)
	}
	if c.limits.Only != 0 && kind != c.limits.Only {
		_ = c.Shutdown(websocket.CloseUnsupportedData, ErrKind.Error())
		return 0, nil, fmt.Errorf("%w: %s", ErrKind, map[int]string{Text: "text", Binary: "binary"}[kind])
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
			return kind, c.in, nil
		case err != nil:
			return 0, nil, fmt.Errorf("read a message: %w", err)
		}
	}
}

// Send writes the message that encode appends to a reused buffer. Messages are
// encoded and sent one after the other, whoever sends. os.ErrDeadlineExceeded
// means that the other end stopped reading.
func (c *Conn) Send(kind int, encode func(dst []byte) []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	c.out = encode(c.out[:0])
	_ = c.ws.SetWriteDeadline(time.Now().Add(c.limits.Write)) // stores it, cannot fail
	return stalled(c.ws.WriteMessage(kind, c.out))
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

func (c *Conn) ping() {
	tick := time.NewTicker(c.limits.Ping)
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

func (c *Conn) control(kind int, data []byte) error {
	return c.ws.WriteControl(kind, data, time.Now().Add(c.limits.Write))
}

// Shutdown starts the closing handshake. Whoever reads goes on reading until
// an error: closing a socket with unread data would reset it, and the other
// end might lose the close code.
func (c *Conn) Shutdown(code int, reason string) error {
	if err := c.control(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason)); err != nil {
		return fmt.Errorf("send close %d: %w", code, err)
	}
	return nil
}

// Close releases the connection; a blocked read returns. It may be called
// twice and from any goroutine.
func (c *Conn) Close() {
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
