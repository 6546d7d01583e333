package sipua

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

const (
	allow     = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY"
	cookie    = "z9hG4bK" // RFC 3261 section 8.1.1.7
	sdpType   = "application/sdp"
	maxSeq    = 1<<31 - 1
	maxCallID = 256
)

var (
	offered = []sip.RequestMethod{
		sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS, sip.UPDATE, sip.INFO, sip.NOTIFY,
	}
	// known to SIP, not offered.
	known = []sip.RequestMethod{sip.REGISTER, sip.SUBSCRIBE, sip.PUBLISH, sip.MESSAGE, sip.PRACK, sip.REFER}
)

// validate checks what sipgo's parser lets through, in the order of the answers
// that a sender is to get first.
func validate(r *sip.Request) *Refusal {
	for _, check := range []func(*sip.Request) *Refusal{
		version, method, headers, sequence, branch, scheme, extension, contact, routes, body,
	} {
		if refusal := check(r); refusal != nil {
			return refusal
		}
	}
	return nil
}

func bad(detail string) *Refusal {
	return &Refusal{Status: sip.StatusBadRequest, Reason: ReasonMalformed, Detail: detail}
}

func version(r *sip.Request) *Refusal {
	if !strings.EqualFold(r.SipVersion, "SIP/2.0") {
		return &Refusal{Status: sip.StatusVersionNotSupported, Reason: ReasonVersion}
	}
	return nil
}

func method(r *sip.Request) *Refusal {
	switch {
	case slices.Contains(offered, r.Method):
		return nil
	case slices.Contains(known, r.Method):
		return &Refusal{Status: sip.StatusMethodNotAllowed, Reason: ReasonMethod}
	}
	return &Refusal{Status: sip.StatusNotImplemented, Reason: ReasonMethod}
}

// headers counts what may come once only.
func headers(r *sip.Request) *Refusal {
	var from, to, callID, seq, forwards, length int
	for _, h := range r.Headers() {
		switch h.(type) {
		case *sip.FromHeader:
			from++
		case *sip.ToHeader:
			to++
		case *sip.CallIDHeader:
			callID++
		case *sip.CSeqHeader:
			seq++
		case *sip.MaxForwardsHeader:
			forwards++
		case *sip.ContentLengthHeader:
			length++
		}
	}
	switch {
	case from != 1 || to != 1 || callID != 1 || seq != 1:
		return bad("From, To, Call-ID and CSeq once each")
	case forwards > 1 || length > 1:
		return bad("Max-Forwards and Content-Length once at most")
	case tag(r.From().Params) == "":
		return bad("a tag in From")
	case len(*r.CallID()) > maxCallID:
		return bad("a shorter Call-ID")
	}
	return nil
}

func sequence(r *sip.Request) *Refusal {
	if seq := r.CSeq(); seq.MethodName != r.Method || seq.SeqNo > maxSeq {
		return bad("CSeq with the method of the request, below 2**31")
	}
	return nil
}

func branch(r *sip.Request) *Refusal {
	via := r.Via()
	if via == nil {
		return bad("Via")
	}
	// One without the cookie is of RFC 2543; the library compares more of those.
	if b, _ := via.Params.Get("branch"); b == cookie {
		return bad("a branch longer than its cookie in Via")
	}
	return nil
}

func scheme(r *sip.Request) *Refusal {
	if s := r.Recipient.Scheme; s != "sip" && s != "sips" && s != "tel" {
		return &Refusal{Status: sip.StatusRequestedRangeNotSatisfiable, Reason: ReasonScheme}
	}
	return nil
}

// extension refuses what the sender requires and the server has not: all but
// session timers.
func extension(r *sip.Request) *Refusal {
	if r.IsAck() || r.IsCancel() {
		return nil
	}
	var missing []string
	for _, h := range r.GetHeaders("require") {
		for _, option := range strings.Split(h.Value(), ",") {
			if option = strings.TrimSpace(option); !strings.EqualFold(option, "timer") {
				missing = append(missing, option)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &Refusal{
		Status: sip.StatusBadExtension, Reason: ReasonExtension,
		headers: []sip.Header{sip.NewHeader("Unsupported", strings.Join(missing, ", "))},
	}
}

func contact(r *sip.Request) *Refusal {
	if !r.IsInvite() {
		return nil
	}
	n := 0
	for _, h := range r.Headers() {
		if c, ok := h.(*sip.ContactHeader); ok {
			n++
			if c.Address.Wildcard || c.Address.Host == "" {
				return bad("a SIP address in Contact")
			}
		}
	}
	if n != 1 {
		return bad("Contact once")
	}
	return nil
}

// routes refuses strict routing, which sipgo does not know.
func routes(r *sip.Request) *Refusal {
	for _, h := range r.Headers() {
		route, ok := h.(*sip.RecordRouteHeader)
		if ok && !route.Address.UriParams.Has("lr") {
			return bad("lr in Record-Route")
		}
	}
	return nil
}

func body(r *sip.Request) *Refusal {
	if r.Method != sip.INVITE && r.Method != sip.UPDATE && r.Method != sip.ACK {
		return nil
	}
	if len(r.Body()) > 0 && !mediaType(r, sdpType) {
		return &Refusal{
			Status: sip.StatusUnsupportedMediaType, Reason: ReasonBody,
			headers: []sip.Header{sip.NewHeader("Accept", sdpType)},
		}
	}
	if accept := r.GetHeader("accept"); accept != nil && !accepts(accept.Value(), sdpType) {
		return &Refusal{Status: sip.StatusNotAcceptable, Reason: ReasonBody}
	}
	return nil
}
