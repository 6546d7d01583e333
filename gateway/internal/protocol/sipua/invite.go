package sipua

import (
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/rawsip"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// invited takes up a call: everything that costs little is asked first, media
// and assistant last. Refusals are sent by the one who asked, with the trunk if
// it was found.
func (s *Server) invited(r *sip.Request, tx *sip.ServerTx) (*trunk.Trunk, *Refusal) {
	k := s.socketOf(tx)
	if k == nil {
		return nil, &Refusal{Status: sip.StatusServiceUnavailable, Reason: ReasonOverload, Retry: retryLater}
	}
	t, refusal := s.identify(r)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.admissible(t, k, r); refusal != nil {
		return t, refusal
	}
	c := newCall(s, t, k, r, tx)
	if refusal := c.begin(); refusal != nil {
		return t, refusal
	}
	if refusal := s.table.add(c, s.MaxCalls, s.MaxUnacked); refusal != nil {
		return t, refusal
	}
	accept := func() {
		s.Accept(s.ctx, c)
		c.Reject(Refusal{Status: sip.StatusServiceUnavailable, Reason: ReasonFault}) // unless it was decided
	}
	if !s.begin(c.run, accept) {
		s.table.acknowledged(c)
		s.table.remove(c)
		return t, &Refusal{Status: sip.StatusServiceUnavailable, Reason: ReasonDraining, Retry: retryLater}
	}
	return t, nil
}

// identify finds the trunk of a call.
func (s *Server) identify(r *sip.Request) (*trunk.Trunk, *Refusal) {
	set, from := s.Trunks(), remote(r).Addr()
	forbidden := func(reason, detail string) (*trunk.Trunk, *Refusal) {
		return nil, &Refusal{Status: sip.StatusForbidden, Reason: reason, Detail: detail}
	}
	tokens := r.GetHeaders(rawsip.TokenHeader)
	if len(tokens) == 0 {
		if t := set.Number(called(r), from); t != nil {
			return t, nil
		}
		return forbidden(ReasonTokenMissing, "the header "+rawsip.TokenHeader+" or a number of a channel")
	}
	if len(tokens) > 1 {
		return forbidden(ReasonTokenUnknown, "the header "+rawsip.TokenHeader+" once")
	}
	value := tokens[0].Value()
	if len(value) > rawsip.MaxToken {
		return forbidden(ReasonTokenUnknown, "a value of "+rawsip.TokenHeader+" of at most 256 characters")
	}
	t := set.Token(value)
	switch {
	case t == nil:
		return forbidden(ReasonTokenUnknown, "the value of "+rawsip.TokenHeader+" of a channel")
	case len(t.Sources) > 0 && !t.Listed(from):
		return forbidden(ReasonTokenSource, "a source within allowed_source_cidrs of the channel")
	}
	return t, nil
}

// admissible asks what does not depend on the call's content. Whoever proves
// nothing learns nothing of the channel.
func (s *Server) admissible(t *trunk.Trunk, k *socket, r *sip.Request) *Refusal {
	if t.SRTP == trunk.SRTPRequired && k.Transport != TLS {
		return &Refusal{Status: sip.StatusForbidden, Reason: ReasonTLS, Detail: "SIP over TLS"}
	}
	if refusal := s.authenticate(t, r); refusal != nil {
		return refusal
	}
	switch {
	case !t.Active:
		return &Refusal{Status: sip.StatusTemporarilyUnavailable, Reason: ReasonInactive}
	case s.draining.Load():
		return &Refusal{Status: sip.StatusServiceUnavailable, Reason: ReasonDraining, Retry: retryLater}
	}
	return nil
}

// called is the number an INVITE is for: the Request-URI, which a trunk may
// have rewritten, and else To.
func called(r *sip.Request) string {
	if n := number(r.Recipient); n != "" {
		return n
	}
	return number(r.To().Address)
}

// number gives the E.164 number of an address, "" if it has none.
func number(u sip.Uri) string {
	user := u.User
	if u.Scheme == "tel" {
		user = u.Raw()
	}
	user, _, _ = strings.Cut(user, ";")
	digits := strings.Map(func(c rune) rune {
		if strings.ContainsRune("-.()", c) {
			return -1 // visual separators of RFC 3966
		}
		return c
	}, strings.TrimPrefix(user, "+"))
	if len(digits) < 2 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return "+" + digits
}

// socketOf finds the socket a transaction came in by.
func (s *Server) socketOf(tx *sip.ServerTx) *socket {
	local, err := netip.ParseAddrPort(tx.Connection().LocalAddr().String())
	if err != nil {
		return nil
	}
	transport := strings.ToLower(tx.Origin().Transport())
	for _, k := range s.sockets {
		if string(k.Transport) == transport && k.local.Port() == local.Port() {
			return k
		}
	}
	return nil
}
