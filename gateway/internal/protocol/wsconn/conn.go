package wsconn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
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

// keepBuffer is how large a buffer is kept for the next message, in bytes.
const keepBuffer = 256 << 10

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
	server bool

	in    []byte
	until time.Time // zero: only Limits.Idle applies
	reads time.Time // the read deadline that is set

	write sync.Mutex // guards the rest
	msg   []byte
	out   []byte
	shut  bool // a close frame was sent

	closing sync.Once
	done    chan struct{}
	pinging sync.WaitGroup
}

// NewServer takes over a connection that was upgraded here.
func NewServer(ws *websocket.Conn, l Limits) *Conn {
	c := New(ws, l)
	c.server = true
	// The library would answer a close behind the back of Send.
	ws.SetCloseHandler(func(code int, _ string) error {
		_ = c.Shutdown(code, "") // may have been sent already
		return nil
	})
	return c
}

// New takes over a connection that was dialled.
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

// extend moves the read deadline. One that moves by less than a tenth stays:
// setting it costs as much as reading a small message.
func (c *Conn) extend() error {
	t := time.Now().Add(c.limits.Idle)
	if !c.until.IsZero() && c.until.Before(t) {
		t = c.until
	}
	if moved := t.Sub(c.reads); moved >= 0 && moved < c.limits.Idle/10 {
		return nil
	}
	c.reads = t
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
	if c.in == nil || cap(c.in) > keepBuffer {
		// One large message must not cost memory for as long as the connection lasts.
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

// Send writes the messages that the functions append to a reused buffer, one
// after the other, whoever sends. A server's go out in one piece.
// os.ErrDeadlineExceeded means that the other end stopped reading.
func (c *Conn) Send(kind int, encode ...func(dst []byte) []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	if c.shut {
		return fmt.Errorf("write a message: %w", websocket.ErrCloseSent)
	}
	deadline := time.Now().Add(c.limits.Write)
	if !c.server {
		return c.sendMasked(deadline, kind, encode)
	}
	c.out = c.out[:0]
	for _, e := range encode {
		c.msg = e(c.msg[:0])
		c.out = appendFrame(c.out, kind, c.msg)
	}
	conn := c.ws.NetConn()
	err := conn.SetWriteDeadline(deadline)
	if err == nil {
		_, err = conn.Write(c.out)
	}
	return stalled(err)
}

func (c *Conn) sendMasked(deadline time.Time, kind int, encode []func(dst []byte) []byte) error {
	_ = c.ws.SetWriteDeadline(deadline) // stores it, cannot fail
	for _, e := range encode {
		c.msg = e(c.msg[:0])
		if err := c.ws.WriteMessage(kind, c.msg); err != nil {
			return stalled(err)
		}
	}
	return nil
}

// appendFrame appends an unfragmented, unmasked frame (RFC 6455 section 5.2).
// The library writes each message by itself, and a system call for a mark of 60
// bytes costs as much as one for the audio before it.
func appendFrame(dst []byte, kind int, msg []byte) []byte {
	const final = 1 << 7
	dst = append(dst, final|byte(kind))
	switch n := len(msg); {
	case n <= 125:
		dst = append(dst, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 127), uint64(n))
	}
	return append(dst, msg...)
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
	c.write.Lock()
	defer c.write.Unlock()
	c.shut = true
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
