package sipua

import (
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers of RFC 3261 section 17.1.1.1.
const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
	// ackWait is 64·T1: how long an ACK may take (section 13.3.1.4).
	ackWait = 64 * t1
	// ringAfter is when 180 is sent if there is no answer.
	ringAfter = 200 * time.Millisecond
)

// repeat is a 200 to an INVITE that is sent again until its ACK comes.
type repeat struct {
	tx    *sip.ServerTx
	res   *sip.Response
	seq   uint32
	pause time.Duration
	stop  []func()
}

// begin reads what the dialog is made of.
func (c *Call) begin() *Refusal {
	c.remoteSeq = c.invite.CSeq().SeqNo
	c.target = *c.invite.Contact().Address.Clone()
	for _, h := range c.invite.Headers() {
		if route, ok := h.(*sip.RecordRouteHeader); ok {
			c.route = append(c.route, *route.Address.Clone())
		}
	}
	c.updates = lists(c.invite, "allow", string(sip.UPDATE))
	refusal := c.timer.negotiate(c.invite, c.s.MinExpires, c.s.Expires)
	if refusal == nil && !c.invitation.OnCancel(func(*sip.Request) { c.offer(c.canceled) }) {
		refusal = &Refusal{Status: sip.StatusRequestTerminated, Reason: CauseCancel}
	}
	return refusal
}

// canceled follows a CANCEL that the library has answered, the INVITE with it.
// One that comes after the 200 has no effect.
func (c *Call) canceled() {
	if c.phase == ringing {
		c.finish(End{Cause: CauseCancel})
	}
}

func (c *Call) ring() {
	if c.phase == ringing {
		_ = c.invitation.Respond(c.respond(c.invite, sip.StatusRinging)) // not needed for the call
	}
}

// respond builds a response in the dialog.
func (c *Call) respond(r *sip.Request, status int, headers ...sip.Header) *sip.Response {
	if status > 100 && status < 300 {
		headers = append(headers, &sip.ContactHeader{Address: c.socket.contact()})
	}
	return c.s.response(r, status, c.localTag, headers...)
}

func (c *Call) refuse(r *Refusal) {
	c.s.refused(c.invite, *r, c.trunk)
	_ = c.invitation.Respond(c.respond(c.invite, r.Status, c.s.fields(r)...)) // the transaction repeats it
	c.finish(End{Local: true, Cause: CauseRefused})
}

func (c *Call) answer(m Media) {
	if c.phase != ringing {
		c.settle(ErrEnded)
		return
	}
	offer := c.invite.Body()
	var description []byte
	var err error
	if len(offer) > 0 {
		description, err = m.Answer(offer)
	} else {
		c.lateOffer = true
		description, err = m.Offer()
	}
	if err != nil {
		c.refuse(refusalOf(err))
		c.settle(err)
		return
	}
	c.media = m
	c.phase = answering
	c.accept(c.invitation, c.invite, description)
	if !c.lateOffer {
		c.settle(nil)
	}
}

func refusalOf(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return &Refusal{Status: sip.StatusNotAcceptableHere, Reason: "sdp"}
}

// settle tells Answer how it went; later ones are not heard.
func (c *Call) settle(err error) {
	select {
	case c.answered <- err:
	default:
	}
}

// accept sends a 200 to an INVITE, and again until the ACK comes.
func (c *Call) accept(tx *sip.ServerTx, r *sip.Request, description []byte) {
	res := c.respond(r, sip.StatusOK, sip.NewHeader("Allow", allow), sip.NewHeader("Content-Type", sdpType))
	for _, h := range c.timer.headers() {
		res.AppendHeader(h)
	}
	res.SetBody(description)
	c.okay = &repeat{tx: tx, res: res, seq: r.CSeq().SeqNo, pause: t1}
	_ = tx.Respond(res) // sent again below
	c.okay.stop = []func(){c.after(ackWait, c.unacknowledged)}
	c.again(c.okay)
}

// again sends a 200 once more: after 0.5, 1, 2, 4, 4 … seconds.
func (c *Call) again(k *repeat) {
	c.after(k.pause, func() {
		if c.okay != k {
			return
		}
		_ = k.tx.Respond(k.res) // the next one may arrive
		k.pause = min(2*k.pause, t2)
		c.again(k)
	})
}

// acked is an ACK in the dialog.
func (c *Call) acked(r *sip.Request) {
	if c.okay == nil || c.okay.seq != r.CSeq().SeqNo {
		return // of a repeated 200
	}
	c.stopRepeating()
	late := c.lateOffer
	c.lateOffer = false
	if c.phase == answering {
		c.phase = confirmed
		c.s.table.acknowledged(c)
		c.timer.start(c)
	}
	if late {
		c.lateAnswer(r)
	}
	c.own.next(c)
}

func (c *Call) stopRepeating() {
	for _, stop := range c.okay.stop {
		stop()
	}
	c.okay = nil
}

// lateAnswer is the answer to our offer in a 200.
func (c *Call) lateAnswer(r *sip.Request) {
	err := errors.New("the ACK holds no answer")
	if len(r.Body()) > 0 {
		err = c.media.Accept(r.Body())
	}
	c.settle(err)
	if err != nil {
		c.bye(Goodbye{Cause: causeIncompatible, Text: "no answer"}, End{Local: true, Cause: CauseNoAnswer}, nil)
	}
}

func (c *Call) unacknowledged() {
	if c.okay == nil {
		return
	}
	c.stopRepeating()
	c.settle(ErrEnded)
	if c.phase == answering {
		c.phase = confirmed // as far as a BYE is concerned (RFC 3261 section 13.3.1.4)
		c.s.table.acknowledged(c)
	}
	c.bye(Goodbye{Cause: causeTimeout, Text: "no ACK"}, End{Local: true, Cause: CauseNoACK}, nil)
}
