package threeclogic

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// maxMessage is the largest message that is read, in bytes.
	maxMessage = 64 << 10
	// closeWait is how long the other end may take to answer a close frame.
	closeWait = 2 * time.Second
	// maxControl is how many pings and pongs a platform may send in a second.
	maxControl = 20
)

// reasonFlood ends a call whose platform sends too much for too long.
const reasonFlood call.Reason = "flood"

// Errors of socket.next, besides those of the connection.
var (
	errUTF8   = errors.New("a text message is not UTF-8")
	errFlood  = errors.New("more than the connection may bring, for too long")
	errSilent = errors.New("no caller audio")
)

// socket is one connection of a platform. One goroutine reads; everything else
// may be called by others.
type socket struct {
	ws    *wsconn.Conn
	idle  time.Duration
	meter meter

	shut sync.Once     // sends the close frame
	once sync.Once     // closes gone
	gone chan struct{} // closed when the connection was released
}

func newSocket(ws *websocket.Conn, t times) *socket {
	c := wsconn.NewServer(ws, wsconn.Limits{
		Message: maxMessage, Idle: t.idle, Ping: t.idle / 3, Write: t.write, Only: wsconn.Text,
	})
	c.LimitControl(maxControl)
	return &socket{ws: c, idle: t.idle, gone: make(chan struct{})}
}

// next reads one message. What comes too fast is dropped before it is looked at.
func (s *socket) next() ([]byte, error) {
	for {
		_, msg, err := s.ws.Next()
		if err != nil {
			return nil, err
		}
		now := time.Now()
		if !s.meter.frame(now) {
			if s.meter.flooded() {
				s.shutdown(websocket.ClosePolicyViolation, errFlood.Error())
				return nil, &call.LegError{Reason: reasonFlood, Err: errFlood}
			}
			continue
		}
		if !utf8.Valid(msg) {
			s.shutdown(websocket.CloseInvalidFramePayloadData, errUTF8.Error())
			return nil, errUTF8
		}
		return msg, nil
	}
}

// until makes reading fail when the moment is over, up to a tenth of the idle
// time later, see wsconn; the zero time lifts it.
func (s *socket) until(t time.Time) {
	if !t.IsZero() {
		t = t.Add(s.idle / 10)
	}
	s.ws.ReadUntil(t)
}

// send writes messages; ErrStalled is wrapped when the other end does not read.
func (s *socket) send(encode ...func(dst []byte) []byte) error {
	err := s.ws.Send(wsconn.Text, encode...)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: %w", call.ErrStalled, err)
	}
	return err
}

// shutdown sends the close frame, once.
func (s *socket) shutdown(code int, reason string) {
	s.shut.Do(func() { _ = s.ws.Shutdown(code, reason) }) // the other end may be gone
}

// finish closes the connection and waits for the other end, reading on: closing
// a socket with unread data would reset it, and the close code be lost.
func (s *socket) finish(code int, reason string) {
	s.shutdown(code, reason)
	timer := time.AfterFunc(closeWait, s.release)
	defer timer.Stop()
	var err error
	for err == nil {
		_, _, err = s.ws.Next()
	}
	if _, closed := wsconn.Closed(err); !closed {
		s.ws.Drain(closeWait)
	}
	s.release()
}

// release frees the connection; a blocked read returns. It may be called twice
// and from any goroutine.
func (s *socket) release() {
	s.once.Do(func() { close(s.gone) })
	s.ws.Close()
}

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
