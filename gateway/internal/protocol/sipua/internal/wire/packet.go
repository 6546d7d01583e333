package wire

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	// receiveBuffer of the socket in bytes; the default loses packets in a burst
	// of 200.
	receiveBuffer = 4 << 20
	// maxSeen is how many sources the reader behind may remember before it is
	// started anew: it never forgets one by itself.
	maxSeen = 16_384
	// settle is how long what was read last has to find its way to the socket
	// before the reader behind forgets it; others wait in the socket's buffer.
	settle = 100 * time.Millisecond
	// closing is how long it has to do so before Close: the library opens a
	// socket of its own for an answer whose socket is gone.
	closing = 20 * time.Millisecond
)

// Packet is a UDP socket whose reader sees admitted datagrams only. One
// goroutine reads.
type Packet struct {
	net.PacketConn
	admit func(from netip.Addr, data []byte) bool
	seen  map[netip.AddrPort]struct{}
	err   atomic.Pointer[error]
	deaf  atomic.Bool // hands nothing on any more
}

// NewPacket filters what comes from a socket.
func NewPacket(c net.PacketConn, admit func(from netip.Addr, data []byte) bool) *Packet {
	if udp, ok := c.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(receiveBuffer) // the system may give less
	}
	return &Packet{PacketConn: c, admit: admit, seen: map[netip.AddrPort]struct{}{}}
}

// ReadFrom implements net.PacketConn. It ends with net.ErrClosed, with the
// socket still open, when the reader has seen as many sources as it may
// remember: serving the connection again starts afresh.
func (p *Packet) ReadFrom(b []byte) (int, net.Addr, error) {
	if len(p.seen) >= maxSeen {
		clear(p.seen)
		<-time.After(settle)
		return 0, nil, fmt.Errorf("start the reader afresh: %w", net.ErrClosed)
	}
	for {
		n, from, err := p.read(b)
		if err != nil {
			p.err.Store(&err)
			return n, nil, err
		}
		if !p.deaf.Load() && !keepAlive(b[:n]) && p.admit(from.Addr(), b[:n]) {
			p.seen[from] = struct{}{}
			return n, net.UDPAddrFromAddrPort(from), nil
		}
	}
}

// Close implements net.PacketConn. What was read last is answered before.
func (p *Packet) Close() error {
	if !p.deaf.Swap(true) {
		<-time.After(closing)
	}
	return p.PacketConn.Close()
}

// Failed says why the socket cannot be read any more; nil while it can.
func (p *Packet) Failed() error {
	if err := p.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (p *Packet) read(b []byte) (int, netip.AddrPort, error) {
	if udp, ok := p.PacketConn.(*net.UDPConn); ok {
		n, from, err := udp.ReadFromUDPAddrPort(b) // allocates nothing
		return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
	}
	n, addr, err := p.PacketConn.ReadFrom(b)
	if err != nil {
		return n, netip.AddrPort{}, err
	}
	from, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return n, from, fmt.Errorf("source of a datagram: %w", err)
	}
	return n, from, nil
}

// keepAlive reports whether a datagram holds nothing but line ends and zero
// bytes (RFC 5626 section 3.5.1).
func keepAlive(data []byte) bool {
	for _, c := range data {
		if c != '\r' && c != '\n' && c != 0 {
			return false
		}
	}
	return true
}
