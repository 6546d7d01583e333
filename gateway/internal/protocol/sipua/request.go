package sipua

import (
	"math/rand/v2"

	"github.com/emiago/sipgo/sip"
)

// request serves a request of the other side in the dialog.
func (c *Call) request(r *sip.Request, tx *sip.ServerTx) {
	if refusal := c.serve(r, tx); refusal != nil {
		c.s.refuse(r, tx, refusal, c.trunk)
	}
}

func (c *Call) serve(r *sip.Request, tx *sip.ServerTx) *Refusal {
	if c.phase == over {
		return &Refusal{Status: sip.StatusCallTransactionDoesNotExists, Reason: ReasonDialog}
	}
	// An equal number on another transaction is no repetition, either: those do
	// not come this far.
	if seq := r.CSeq().SeqNo; seq <= c.remoteSeq {
		return &Refusal{Status: sip.StatusInternalServerError, Reason: ReasonSequence}
	}
	c.remoteSeq = r.CSeq().SeqNo
	c.mu.Lock()
	c.source = remote(r) // streams are opened anew in the middle of a call
	c.mu.Unlock()
	switch r.Method {
	case sip.INVITE:
		return c.reinvited(r, tx)
	case sip.UPDATE:
		return c.updated(r, tx)
	case sip.BYE:
		c.reply(r, tx)
		c.byed()
	case sip.INFO:
		return c.informed(r, tx)
	case sip.NOTIFY:
		return c.notified(r, tx)
	default: // OPTIONS; others were refused before
		_ = tx.Respond(c.s.optionsAnswer(r)) // the sender asks again
		tx.Terminate()
	}
	return nil
}

// reply answers 200 without a body.
func (c *Call) reply(r *sip.Request, tx *sip.ServerTx, headers ...sip.Header) {
	_ = tx.Respond(c.respond(r, sip.StatusOK, headers...)) // the transaction answers repetitions
}

func (c *Call) byed() {
	end := End{Cause: CauseBye}
	if c.transfer != nil && c.transfer.subscribed {
		// The platform has taken the caller over before it said so.
		end.Cause = CauseTransferred
		c.transferDone(nil)
	}
	if c.phase == ringing {
		_ = c.invitation.Respond(c.respond(c.invite, sip.StatusRequestTerminated)) // RFC 3261 section 15.1.2
	}
	c.settle(ErrEnded)
	c.finish(end)
}

// pending says why an offer of the other side cannot be taken now.
func (c *Call) pending() *Refusal {
	switch {
	case c.phase == ringing || c.phase == leaving || c.okay != nil:
		return &Refusal{Status: sip.StatusInternalServerError, Reason: ReasonPending, Retry: rand.IntN(11)}
	case c.own.offers():
		return &Refusal{Status: sip.StatusRequestPending, Reason: ReasonPending}
	}
	return nil
}

func (c *Call) reinvited(r *sip.Request, tx *sip.ServerTx) *Refusal {
	if refusal := c.pending(); refusal != nil {
		return refusal
	}
	next := c.timer
	if refusal := next.negotiate(r, c.s.MinExpires, c.s.Expires); refusal != nil {
		return refusal
	}
	var description []byte
	var err error
	late := len(r.Body()) == 0
	if late {
		description, err = c.media.Offer()
	} else {
		description, err = c.media.Answer(r.Body())
	}
	if err != nil {
		return refusalOf(err) // the session goes on as it was
	}
	c.lateOffer = late
	c.refresh(r, next)
	c.accept(tx, r, description)
	return nil
}

func (c *Call) updated(r *sip.Request, tx *sip.ServerTx) *Refusal {
	next := c.timer
	if refusal := next.negotiate(r, c.s.MinExpires, c.s.Expires); refusal != nil {
		return refusal
	}
	var description []byte
	if len(r.Body()) > 0 {
		if refusal := c.pending(); refusal != nil {
			return refusal
		}
		var err error
		if description, err = c.media.Answer(r.Body()); err != nil {
			return refusalOf(err)
		}
	}
	c.refresh(r, next)
	res := c.respond(r, sip.StatusOK, append(c.timer.headers(), sip.NewHeader("Allow", allow))...)
	if description != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", sdpType))
		res.SetBody(description)
	}
	_ = tx.Respond(res) // the transaction answers repetitions
	return nil
}

// refresh takes over what a request says about the dialog (target refresh, RFC
// 3261 section 12.2) and the session timer.
func (c *Call) refresh(r *sip.Request, next session) {
	if h := r.Contact(); h != nil && !h.Address.Wildcard && h.Address.Host != "" {
		c.target = *h.Address.Clone()
	}
	if r.GetHeader("allow") != nil {
		c.updates = lists(r, "allow", string(sip.UPDATE))
	}
	running := c.timer.stop != nil
	if running {
		c.timer.stop()
	}
	c.timer = next
	c.timer.stop = nil
	if running {
		c.timer.start(c)
	}
}
