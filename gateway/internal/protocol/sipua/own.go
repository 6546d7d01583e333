package sipua

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// own are the requests the gateway sends in a dialog: one at a time, and none
// while an INVITE transaction is pending. It belongs to the goroutine of its
// call.
type own struct {
	waiting []*ownRequest
	sent    *ownRequest
}

type ownRequest struct {
	build  func() *sip.Request // called when it is sent
	offers bool                // it holds an offer
	done   func(*sip.Response, error)
}

// offers reports whether an offer of ours waits for its answer.
func (o *own) offers() bool { return o.sent != nil && o.sent.offers }

func (o *own) add(c *Call, r *ownRequest) {
	o.waiting = append(o.waiting, r)
	o.next(c)
}

// drop forgets what was not sent.
func (o *own) drop() { o.waiting = nil }

// next sends what waits, if it may be sent now.
func (o *own) next(c *Call) {
	if o.sent != nil || len(o.waiting) == 0 || c.okay != nil || c.phase == ringing || c.phase == over {
		return
	}
	o.sent, o.waiting = o.waiting[0], o.waiting[1:]
	one, r := o.sent, o.sent.build()
	c.s.calls.Go(func() {
		res, err := c.s.send(c.s.ctx, r, func(ok *sip.Response) *sip.Request { return ackOf(r, ok) })
		c.post(func() {
			o.sent = nil
			one.done(res, err)
			o.next(c)
		})
	})
}

// send sends a request and waits for the final response. ack makes the ACK of a
// 2xx to an INVITE, which is sent again with every repeated 2xx.
func (s *Server) send(
	ctx context.Context, r *sip.Request, ack func(*sip.Response) *sip.Request,
) (*sip.Response, error) {
	if !s.connected(r) {
		return nil, errNoDial
	}
	tx, err := s.tx.Request(ctx, r)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsProvisional():
				continue
			case !r.IsInvite():
				tx.Terminate()
			case res.IsSuccess():
				again := ack(res)
				_ = s.layer.WriteMsg(again) // the 2xx comes again
				tx.OnRetransmission(func(*sip.Response) { _ = s.layer.WriteMsg(again) })
			}
			return res, nil
		case <-tx.Done():
			return nil, errors.Join(errors.New("no final response"), tx.Err())
		case <-ctx.Done():
			tx.Terminate()
			return nil, ctx.Err()
		}
	}
}

// connected reports whether there is a socket or a connection for the request:
// without one, the library would open one that nothing filters.
func (s *Server) connected(r *sip.Request) bool {
	to := r.Destination()
	if r.Transport() == "UDP" {
		to = r.Laddr.String()
	}
	c, err := s.layer.GetConnection(r.Transport(), to)
	if err != nil {
		return false
	}
	_, _ = c.TryClose() // the count of its users
	return true
}

// build makes a request in the dialog (RFC 3261 section 12.2.1.1).
func (c *Call) build(m sip.RequestMethod, headers ...sip.Header) *sip.Request {
	c.localSeq++
	r := sip.NewRequest(m, c.target)
	k := c.socket
	transport := strings.ToUpper(string(k.Transport))
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transport,
		Host: k.host().String(), Port: int(k.local.Port()),
		Params: sip.HeaderParams{{K: "branch", V: sip.GenerateBranch()}, {K: "rport"}},
	}
	forwards := sip.MaxForwardsHeader(70)
	callID := *c.invite.CallID()
	from := c.invite.To()
	to := c.invite.From()
	r.AppendHeader(via)
	for _, route := range c.route {
		r.AppendHeader(&sip.RouteHeader{Address: route})
	}
	r.AppendHeader(&forwards)
	r.AppendHeader(&sip.FromHeader{Address: from.Address, Params: sip.HeaderParams{{K: "tag", V: c.localTag}}})
	r.AppendHeader(&sip.ToHeader{Address: to.Address, Params: sip.HeaderParams{{K: "tag", V: c.key.remoteTag}}})
	r.AppendHeader(&callID)
	r.AppendHeader(&sip.CSeqHeader{SeqNo: c.localSeq, MethodName: m})
	r.AppendHeader(&sip.ContactHeader{Address: k.contact()})
	for _, h := range headers {
		r.AppendHeader(h)
	}
	r.SetBody(nil)
	c.direct(r)
	return r
}

// direct says where a request goes. Names and addresses of messages decide it
// only within the channel's networks: everything else goes back to where the
// other side's requests came from, over the connection they came by.
func (c *Call) direct(r *sip.Request) {
	k := c.socket
	transport := strings.ToUpper(string(k.Transport))
	to := c.Remote()
	if k.Transport == UDP {
		hop := c.target
		if len(c.route) > 0 {
			hop = c.route[0]
		}
		if a, ok := literal(hop); ok && (c.trunk.Listed(a.Addr()) || a.Addr() == to.Addr()) && c.permits(a.Addr()) {
			to = a
		}
		r.Laddr = sip.Addr{IP: k.bound().Addr().AsSlice(), Port: int(k.bound().Port())}
	}
	r.SetTransport(transport)
	r.SetDestination(to.String())
}

// permits keeps requests away from addresses that no network of a channel
// stands for.
func (c *Call) permits(a netip.Addr) bool {
	switch {
	case a.IsLoopback():
		return c.Loopback()
	case a.IsLinkLocalUnicast(), a.IsMulticast(), a.IsUnspecified():
		return false
	}
	return true
}

// literal is the address of a URI that names no host.
func literal(u sip.Uri) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	port := u.Port
	if port == 0 {
		port = sip.DefaultUdpPort
	}
	if port > math.MaxUint16 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)), true //nolint:gosec // bounded above
}

// ackOf is the ACK of a 2xx to our INVITE (RFC 3261 section 13.2.2.4).
func ackOf(invite *sip.Request, ok *sip.Response) *sip.Request {
	a := sip.NewRequest(sip.ACK, invite.Recipient)
	if h := ok.Contact(); h != nil {
		a.Recipient = *h.Address.Clone()
	}
	via := invite.Via().Clone()
	via.Params.Add("branch", sip.GenerateBranch())
	a.AppendHeader(via)
	sip.CopyHeaders("Route", invite, a)
	forwards := sip.MaxForwardsHeader(70)
	a.AppendHeader(&forwards)
	sip.CopyHeaders("From", invite, a)
	sip.CopyHeaders("To", invite, a)
	sip.CopyHeaders("Call-ID", invite, a)
	a.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.ACK})
	a.SetBody(nil)
	a.SetTransport(invite.Transport())
	a.SetDestination(invite.Destination())
	a.Laddr = invite.Laddr
	return a
}
