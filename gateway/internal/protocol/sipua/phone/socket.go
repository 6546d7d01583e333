package phone

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/library"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/wire"
)

// listen makes the user agent. Over UDP it has a socket, otherwise the
// connection is made with the first request.
func (p *Call) listen(ctx context.Context) error {
	library.Prepare()
	p.layer = sip.NewTransportLayer(net.DefaultResolver, sip.NewParser(), p.TLS)
	p.tx = sip.NewTransactionLayer(p.layer,
		sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}))
	p.tx.OnRequest(p.handle)
	p.local = netip.AddrPortFrom(p.Local, 0)
	if p.Transport != sipua.UDP {
		return nil
	}
	socket, err := new(net.ListenConfig).ListenPacket(ctx, "udp", p.local.String())
	if err != nil {
		return fmt.Errorf("socket of the call: %w", err)
	}
	p.socket = wire.NewPacket(socket, func(netip.Addr, []byte) bool { return true })
	if p.local, err = netip.ParseAddrPort(p.socket.LocalAddr().String()); err != nil {
		return err
	}
	known := &announced{PacketConn: p.socket, reading: make(chan struct{})}
	p.serving.Go(func() { _ = p.layer.ServeUDP(known) }) // ends with the socket
	<-known.reading
	return nil
}

// announced is a socket that tells when the library knows it, which is before
// it reads for the first time.
type announced struct {
	net.PacketConn
	once    sync.Once
	reading chan struct{}
}

// ReadFrom implements net.PacketConn.
func (a *announced) ReadFrom(b []byte) (int, net.Addr, error) {
	a.once.Do(func() { close(a.reading) })
	return a.PacketConn.ReadFrom(b)
}
