package sipua

import (
	"context"
	"net"
)

// Sockets makes the sockets of a server in a test.
type Sockets struct {
	Packet func() net.PacketConn
}

// ListenPacket implements opener.
func (o Sockets) ListenPacket(context.Context, string) (net.PacketConn, error) {
	return o.Packet(), nil
}

// Listen implements opener.
func (o Sockets) Listen(ctx context.Context, address string) (net.Listener, error) {
	return systemOpener{}.Listen(ctx, address)
}

// Use gives a server other sockets.
func (s *Server) Use(o Sockets) { s.open = o }

// BreakUDP makes the UDP socket fail.
func (s *Server) BreakUDP() {
	for _, k := range s.sockets {
		if k.Transport == UDP {
			k.shut()
		}
	}
}

// Transactions is the number of open transactions of other parties.
func (s *Server) Transactions() int64 { return s.transactions.Load() }

// Unacked is the number of calls that wait for an ACK.
func (s *Server) Unacked() int {
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	n := 0
	for _, one := range s.table.unacked {
		n += one
	}
	return n
}

// Text functions.
var (
	Escape  = escape
	Sipfrag = sipfrag
)

// DecodeUserToUser reads a header.
var DecodeUserToUser = decodeUserToUser
