package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/rawsip"
)

// Times of a stream.
const (
	// firstWait is how long a connection may take to its first whole message,
	// TLS handshake included.
	firstWait = 5 * time.Second
	// messageWait is how long one message may take to arrive.
	messageWait = 10 * time.Second
	// idleWait is above the longest session refresh (1,800 s).
	idleWait  = 35 * time.Minute
	writeWait = 5 * time.Second
)

const (
	// maxMessage is the longest message of a stream in bytes.
	maxMessage = 32 << 10
	readPiece  = 2 << 10
)

// stream hands its reader whole admitted messages and closes otherwise. Next to
// writers, one goroutine reads.
type stream struct {
	net.Conn
	from    netip.Addr
	message func(from netip.Addr, data []byte) gate.Verdict
	opened  time.Time

	buf      []byte
	ready    int       // bytes of buf that were admitted
	began    time.Time // when the message in buf began
	admitted bool      // there was one

	once    sync.Once
	release func()
}

// Read implements net.Conn. Every end is io.EOF: the one who ended it has
// counted the reason.
func (s *stream) Read(b []byte) (int, error) {
	for s.ready == 0 {
		done, err := s.frame()
		if err != nil {
			return 0, err
		}
		if !done {
			if err := s.fill(); err != nil {
				return 0, err
			}
		}
	}
	n := copy(b, s.buf[:s.ready])
	s.ready -= n
	s.buf = append(s.buf[:0], s.buf[n:]...)
	return n, nil
}

// frame looks for a whole message at the start of buf. It reports false when
// there is more to be read first.
func (s *stream) frame() (bool, error) {
	s.keepAlive()
	if len(s.buf) == 0 {
		return false, nil
	}
	var head rawsip.Head
	switch err := rawsip.Scan(s.buf, &head); {
	case errors.Is(err, rawsip.ErrIncomplete):
		return false, s.bounded(len(s.buf))
	case err != nil, head.Ambiguous, head.Length < 0:
		return false, io.EOF // nobody knows where the next message begins
	}
	size := head.Size + head.Length
	if len(s.buf) < size {
		return false, s.bounded(size)
	}
	if err := s.bounded(size); err != nil {
		return false, err
	}
	switch s.message(s.from, s.buf[:size]) {
	case gate.Admit:
		s.ready, s.admitted = size, true
	case gate.Drop:
		s.buf = append(s.buf[:0], s.buf[size:]...)
	case gate.Unwanted:
		if !s.admitted {
			return false, io.EOF
		}
		s.buf = append(s.buf[:0], s.buf[size:]...)
	case gate.Unreadable:
		return false, io.EOF
	}
	s.began = time.Now() // of the next one, if its first bytes are here already
	return true, nil
}

func (s *stream) bounded(size int) error {
	if size > maxMessage {
		return io.EOF
	}
	return nil
}

// keepAlive drops line ends before a message and answers the ping of RFC 5626
// section 3.5.1 on a connection that is known.
func (s *stream) keepAlive() {
	for bytes.HasPrefix(s.buf, []byte("\r\n")) {
		n := 2
		if bytes.HasPrefix(s.buf, []byte("\r\n\r\n")) {
			n = 4
			if s.admitted {
				_, _ = s.Write([]byte("\r\n")) // a dead connection shows at the next read
			}
		}
		s.buf = append(s.buf[:0], s.buf[n:]...)
	}
}

func (s *stream) fill() error {
	now := time.Now()
	until := now.Add(idleWait)
	idle := len(s.buf) == 0
	if !idle {
		until = s.began.Add(messageWait)
	}
	if !s.admitted {
		until = s.opened.Add(firstWait)
	}
	if s.Conn.SetReadDeadline(until) != nil {
		return io.EOF
	}
	s.buf = slices.Grow(s.buf, readPiece)
	n, err := s.Conn.Read(s.buf[len(s.buf) : len(s.buf)+readPiece])
	s.buf = s.buf[:len(s.buf)+n]
	if err != nil {
		return io.EOF
	}
	if idle {
		s.began = time.Now()
	}
	return nil
}

// Write implements net.Conn.
func (s *stream) Write(b []byte) (int, error) {
	if err := s.Conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return 0, err
	}
	return s.Conn.Write(b)
}

// Close implements net.Conn; more than once does no harm.
func (s *stream) Close() error {
	err := s.Conn.Close()
	s.once.Do(s.release)
	return err
}
