package wire

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
)

// Connections of one listener.
const (
	maxOpen       = 4096
	maxPerAddress = 256
)

// acceptPause is the wait after the system had no descriptor for a connection.
const acceptPause = 50 * time.Millisecond

// Gate is what a Listener asks about its connections.
type Gate interface {
	Peer(a netip.Addr) bool
	Message(a netip.Addr, data []byte) gate.Verdict
}

// Listener accepts stream connections of allowed peers within limits. mu guards
// what is open.
type Listener struct {
	net.Listener
	gate Gate
	tls  *tls.Config // nil: TCP

	mu    sync.Mutex
	open  map[net.Conn]struct{}
	peers map[netip.Addr]int
	shut  bool
}

// NewListener wraps l; with a TLS configuration its connections are encrypted.
func NewListener(l net.Listener, g Gate, config *tls.Config) *Listener {
	return &Listener{Listener: l, gate: g, tls: config, open: map[net.Conn]struct{}{}, peers: map[netip.Addr]int{}}
}

// Accept implements net.Listener. It fails only when the listener was closed.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil {
			<-time.After(acceptPause) // out of descriptors: connections that end free some
			continue
		}
		from, err := netip.ParseAddrPort(c.RemoteAddr().String())
		if err != nil || !l.gate.Peer(from.Addr()) || !l.take(c, from.Addr().Unmap()) {
			_ = c.Close()
			continue
		}
		return l.wrap(c, from.Addr().Unmap()), nil
	}
}

func (l *Listener) wrap(c net.Conn, from netip.Addr) net.Conn {
	s := &stream{
		Conn: c, from: from, message: l.gate.Message, opened: time.Now(),
		release: func() { l.give(c, from) },
	}
	if l.tls != nil {
		s.Conn = tls.Server(c, l.tls) // its handshake is part of the first read
	}
	_ = s.SetWriteDeadline(s.opened.Add(firstWait)) // of the handshake
	return s
}

func (l *Listener) take(c net.Conn, from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut || len(l.open) >= maxOpen || l.peers[from] >= maxPerAddress {
		return false
	}
	l.open[c] = struct{}{}
	l.peers[from]++
	return true
}

func (l *Listener) give(c net.Conn, from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	if l.peers[from]--; l.peers[from] == 0 {
		delete(l.peers, from)
	}
}

// Open is the number of open connections.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// Close implements net.Listener and closes the connections, too.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shut = true
	for c := range l.open {
		_ = c.Close()
	}
	return err
}
