package sipua

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// first sees every message in the order of its arrival. The library hands each
// to a goroutine of its own then, where they overtake each other: an ACK that
// comes after the next request makes that one look premature, and a BYE cuts off
// what was said before it.
func (s *Server) first(m sip.Message) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("a sip message made the gateway fail", "detail", "ACK", "error", fmt.Sprint(p))
		}
	}()
	r, ok := m.(*sip.Request)
	if !ok || r.IsCancel() || validate(r) != nil || tag(r.To().Params) == "" {
		return
	}
	switch c := s.dialog(r); {
	case c == nil:
	case r.IsAck():
		c.offer(func() { c.acked(r) })
	default:
		c.arrive(r)
	}
}

// dialog finds the dialog of a request that may be its own; nil otherwise.
func (s *Server) dialog(r *sip.Request) *Call {
	c := s.table.find(key{string(*r.CallID()), tag(r.From().Params)})
	if c == nil || c.localTag != tag(r.To().Params) || !c.reaches(remote(r)) {
		return nil
	}
	return c
}

// handle gets every request that was admitted and parsed, in a goroutine of its
// own.
func (s *Server) handle(r *sip.Request, tx *sip.ServerTx) {
	defer func() {
		// One message must not end the calls of everybody else.
		if p := recover(); p != nil {
			s.Log.Error("a sip request made the gateway fail", "detail", string(r.Method), "error", fmt.Sprint(p))
			tx.Terminate()
		}
	}()
	if r.IsAck() {
		tx.Terminate() // the library makes a transaction for it that nothing ends; see first
		return
	}
	if s.transactions.Add(1) > int64(s.MaxTransactions) {
		s.transactions.Add(-1)
		s.refused(r, Refusal{Reason: ReasonOverload}, nil)
		tx.Terminate()
		return
	}
	if !tx.OnTerminate(func(string, error) { s.transactions.Add(-1) }) {
		s.transactions.Add(-1) // it ended meanwhile
		return
	}
	if refusal := s.dispatch(r, tx); refusal != nil {
		s.refuse(r, tx, refusal, nil)
	}
}

func (s *Server) dispatch(r *sip.Request, tx *sip.ServerTx) *Refusal {
	if refusal := validate(r); refusal != nil {
		return refusal
	}
	inside := tag(r.To().Params) != ""
	switch {
	case r.IsCancel():
		// The library matches those of transactions that exist.
		return &Refusal{Status: sip.StatusCallTransactionDoesNotExists, Reason: ReasonDialog}
	case inside:
		return s.inside(r, tx)
	case r.IsInvite():
		t, refusal := s.invited(r, tx)
		if refusal != nil {
			s.refuse(r, tx, refusal, t)
		}
		return nil
	case r.Method == sip.OPTIONS:
		s.options(r, tx)
		return nil
	}
	return &Refusal{Status: sip.StatusCallTransactionDoesNotExists, Reason: ReasonDialog}
}

// inside gives a request to its dialog.
func (s *Server) inside(r *sip.Request, tx *sip.ServerTx) *Refusal {
	c := s.dialog(r)
	if c == nil {
		return &Refusal{Status: sip.StatusCallTransactionDoesNotExists, Reason: ReasonDialog}
	}
	if !c.inOrder(r.CSeq().SeqNo, func() { c.request(r, tx) }) {
		return &Refusal{Status: sip.StatusServiceUnavailable, Reason: ReasonOverload, Retry: retryLater}
	}
	return nil
}

// options is how others see whether the gateway takes calls.
func (s *Server) options(r *sip.Request, tx *sip.ServerTx) {
	if s.draining.Load() || s.Full() {
		s.refuse(r, tx, &Refusal{Status: sip.StatusServiceUnavailable, Reason: ReasonDraining, Retry: retryLater}, nil)
		return
	}
	_ = tx.Respond(s.optionsAnswer(r)) // the sender asks again
	tx.Terminate()
}

func (s *Server) optionsAnswer(r *sip.Request) *sip.Response {
	return s.response(r, sip.StatusOK, s.statelessTag(r),
		sip.NewHeader("Allow", allow), sip.NewHeader("Accept", sdpType), sip.NewHeader("Supported", "timer"))
}

// response builds one. The library copies the version of the request, and makes
// up a new tag each time.
func (s *Server) response(r *sip.Request, status int, localTag string, headers ...sip.Header) *sip.Response {
	res := sip.NewResponseFromRequest(r, status, phrase(status), nil)
	res.SipVersion = "SIP/2.0"
	if to := res.To(); to != nil && (r.To() == nil || tag(r.To().Params) == "") {
		to.Params.Add("tag", localTag)
	}
	for _, h := range headers {
		res.AppendHeader(h)
	}
	return res
}

// refuse answers with a refusal; t is nil if no trunk was found. The transaction of an INVITE lives on until
// its ACK; others are answered anew when they are repeated.
func (s *Server) refuse(r *sip.Request, tx *sip.ServerTx, refusal *Refusal, t *trunk.Trunk) {
	s.refused(r, *refusal, t)
	_ = tx.Respond(s.response(r, refusal.Status, s.statelessTag(r), s.fields(refusal)...)) // the sender asks again
	if !r.IsInvite() {
		tx.Terminate()
	}
}

func (s *Server) refused(r *sip.Request, refusal Refusal, t *trunk.Trunk) {
	a := Attempt{Method: string(r.Method), Remote: remote(r)}
	if !slices.Contains(offered, r.Method) && !slices.Contains(known, r.Method) {
		a.Method = "other"
	}
	if t != nil {
		a.Kind, a.Channel = t.Kind, t.ID
	}
	s.Refused(refusal, a)
}

// remote is where a request came from.
func remote(r *sip.Request) netip.AddrPort {
	a, err := netip.ParseAddrPort(r.Source())
	if err != nil {
		return netip.AddrPort{} // reaches nothing
	}
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
