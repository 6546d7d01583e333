package phone

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// handle serves the gateway's requests.
func (p *Call) handle(r *sip.Request, tx *sip.ServerTx) {
	switch r.Method {
	case sip.ACK:
		tx.Terminate()
	case sip.BYE:
		p.reply(r, tx, sip.StatusOK)
		p.finish(func(e *End) {
			e.ByGateway, e.Reason, e.Context = true, header(r, "reason"), header(r, "user-to-user")
		})
	case sip.REFER:
		p.referred(r, tx)
	case sip.INVITE, sip.UPDATE:
		p.offered(r, tx)
	default:
		p.reply(r, tx, sip.StatusOK)
	}
}

func (p *Call) reply(r *sip.Request, tx *sip.ServerTx, status int) {
	_ = tx.Respond(sip.NewResponseFromRequest(r, status, "Answer", nil)) // the gateway repeats its request
}

// offered answers a new offer of the gateway, or its refresh of the session.
func (p *Call) offered(r *sip.Request, tx *sip.ServerTx) {
	res := sip.NewResponseFromRequest(r, sip.StatusOK, "OK", nil)
	res.AppendHeader(&sip.ContactHeader{Address: sip.Uri{
		Scheme: "sip", Host: p.local.Addr().String(), Port: int(p.local.Port()),
	}})
	if len(r.Body()) > 0 {
		p.mu.Lock()
		answer, err := p.session.Answer(r.Body())
		p.mu.Unlock()
		if err == nil {
			answer.Remote.Trusted = true
			err = p.media.Apply(answer.Remote)
		}
		if err != nil {
			p.reply(r, tx, sip.StatusNotAcceptableHere)
			return
		}
		res.AppendHeader(sip.NewHeader("Content-Type", sdpType))
		res.SetBody(answer.Text)
	}
	_ = tx.Respond(res) // the gateway repeats its request
}

// referred answers a REFER and reports what became of it.
func (p *Call) referred(r *sip.Request, tx *sip.ServerTx) {
	referTo := header(r, "refer-to")
	p.mu.Lock()
	p.end.ReferTo = referTo
	p.mu.Unlock()
	status, notify := 603, []int(nil)
	if p.Refer != nil {
		status, notify = p.Refer(referTo)
	}
	p.reply(r, tx, status)
	p.tasks.Go(func() {
		for _, n := range notify {
			news := p.build(sip.NOTIFY, nil)
			state := "active"
			if n >= 200 {
				state = "terminated;reason=noresource"
			}
			news.AppendHeader(sip.NewHeader("Event", "refer"))
			news.AppendHeader(sip.NewHeader("Subscription-State", state))
			news.AppendHeader(sip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
			news.SetBody(fmt.Appendf(nil, "SIP/2.0 %d News\r\n", n))
			if _, err := p.send(p.ctx, news); err != nil {
				return // the call has ended
			}
		}
	})
}
