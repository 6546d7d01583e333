package phone

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// send sends a request and waits for its final response.
func (p *Call) send(ctx context.Context, r *sip.Request) (*sip.Response, error) {
	tx, err := p.tx.Request(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", r.Method, err)
	}
	for {
		select {
		case res := <-tx.Responses():
			if res.IsProvisional() {
				continue
			}
			if !r.IsInvite() {
				tx.Terminate()
			}
			return res, nil
		case <-tx.Done():
			return nil, fmt.Errorf("%s: %w", r.Method, errors.Join(tx.Err(), ctx.Err()))
		case <-ctx.Done():
			tx.Terminate()
			return nil, ctx.Err()
		}
	}
}

// build makes a request of the dialog.
func (p *Call) build(m sip.RequestMethod, body []byte) *sip.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m != sip.ACK {
		p.seq++
	}
	transport := strings.ToUpper(string(p.Transport))
	r := sip.NewRequest(m, p.target)
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transport, Host: p.local.Addr().String(),
		Port: int(p.local.Port()), Params: sip.HeaderParams{{K: "branch", V: sip.GenerateBranch()}, {K: "rport"}},
	}
	forwards, callID := sip.MaxForwardsHeader(70), sip.CallIDHeader(p.callID)
	host := p.Gateway.Addr().String()
	to := sip.HeaderParams{}
	if p.peerTag != "" {
		to = sip.HeaderParams{{K: "tag", V: p.peerTag}}
	}
	contact := sip.Uri{Scheme: "sip", User: p.From, Host: p.local.Addr().String(), Port: int(p.local.Port())}
	for _, h := range []sip.Header{
		via, &forwards,
		&sip.FromHeader{
			Address: sip.Uri{Scheme: "sip", User: p.From, Host: p.Local.String()},
			Params:  sip.HeaderParams{{K: "tag", V: p.tag}},
		},
		&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: p.To, Host: host}, Params: to},
		&callID, &sip.CSeqHeader{SeqNo: p.seq, MethodName: m}, &sip.ContactHeader{Address: contact},
		sip.NewHeader("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, REFER, NOTIFY"),
	} {
		r.AppendHeader(h)
	}
	if body != nil {
		r.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	}
	r.SetBody(body)
	r.SetTransport(transport)
	r.SetDestination(p.Gateway.String())
	if p.socket != nil {
		r.Laddr = sip.Addr{IP: p.local.Addr().AsSlice(), Port: int(p.local.Port())}
	}
	return r
}

func header(m interface{ GetHeader(string) sip.Header }, name string) string {
	if h := m.GetHeader(name); h != nil {
		return h.Value()
	}
	return ""
}
