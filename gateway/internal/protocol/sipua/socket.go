package sipua

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/wire"
)

// rebindPause is the wait between two attempts to open a lost socket again.
const rebindPause = 100 * time.Millisecond

// opener makes sockets.
type opener interface {
	ListenPacket(ctx context.Context, address string) (net.PacketConn, error)
	Listen(ctx context.Context, address string) (net.Listener, error)
}

type systemOpener struct{}

func (systemOpener) ListenPacket(ctx context.Context, address string) (net.PacketConn, error) {
	return new(net.ListenConfig).ListenPacket(ctx, "udp", address)
}

func (systemOpener) Listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// socket is one listener. mu guards what is open.
type socket struct {
	Listen
	s     *Server
	local netip.AddrPort // others reach it there
	up    atomic.Bool

	mu     sync.Mutex
	packet *wire.Packet
	stream *wire.Listener
	closed bool
}

func (s *Server) newSocket(ctx context.Context, l Listen) (*socket, error) {
	one := &socket{Listen: l, s: s, local: l.Address}
	return one, one.bind(ctx)
}

// bind opens the socket at the address it had, if it had one.
func (k *socket) bind(ctx context.Context) error {
	var addr net.Addr
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return net.ErrClosed
	}
	if k.Transport == UDP {
		c, err := k.s.open.ListenPacket(ctx, k.local.String())
		if err != nil {
			return err
		}
		k.packet, addr = wire.NewPacket(c, k.s.gate.Datagram), c.LocalAddr()
	} else {
		l, err := k.s.open.Listen(ctx, k.local.String())
		if err != nil {
			return err
		}
		config := k.s.TLS
		if k.Transport == TCP {
			config = nil
		}
		k.stream, addr = wire.NewListener(l, k.s.gate, config), l.Addr()
	}
	if a, err := netip.ParseAddrPort(addr.String()); err == nil && k.local.Port() == 0 {
		k.local = netip.AddrPortFrom(k.local.Addr(), a.Port()) // before anything is served
	}
	k.up.Store(true)
	return nil
}

// serve runs the socket and opens it again when it breaks, until close.
func (k *socket) serve() {
	for {
		k.mu.Lock()
		packet, stream := k.packet, k.stream
		k.mu.Unlock()
		if k.Transport == UDP {
			_ = k.s.layer.ServeUDP(packet) // the reason is in packet
			if packet.Failed() == nil {
				continue // it only starts afresh
			}
		} else {
			k.streams(stream)
		}
		if !k.again() {
			return
		}
	}
}

func (k *socket) streams(l *wire.Listener) {
	if k.Transport == TLS {
		_ = k.s.layer.ServeTLS(l) // ends when the listener is closed
		return
	}
	_ = k.s.layer.ServeTCP(l)
}

// again opens a socket that broke; false after close.
func (k *socket) again() bool {
	k.up.Store(false)
	k.shut()
	for {
		if k.s.ctx.Err() != nil {
			return false
		}
		if k.bind(k.s.ctx) == nil {
			return true
		}
		select {
		case <-k.s.ctx.Done():
		case <-time.After(rebindPause):
		}
	}
}

func (k *socket) shut() {
	k.mu.Lock()
	packet, stream := k.packet, k.stream
	k.mu.Unlock()
	if packet != nil {
		_ = packet.Close() // takes a moment
	}
	if stream != nil {
		_ = stream.Close()
	}
}

func (k *socket) close() {
	k.up.Store(false)
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.shut()
}

// contact is where others reach the server over this socket.
func (k *socket) contact() sip.Uri {
	u := sip.Uri{Scheme: "sip", User: "va", Host: k.host().String(), Port: int(k.local.Port())}
	if k.Transport != UDP {
		u.UriParams = sip.HeaderParams{{K: "transport", V: string(k.Transport)}}
	}
	return u
}

// bound is the name of the socket in the library: what the system calls it.
func (k *socket) bound() netip.AddrPort {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, err := netip.ParseAddrPort(k.packet.LocalAddr().String())
	if err != nil {
		return k.local
	}
	return a
}

func (k *socket) host() netip.Addr {
	if k.s.Advertise.IsValid() {
		return k.s.Advertise
	}
	return k.local.Addr()
}
