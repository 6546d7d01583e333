package threeclogic

import (
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

const (
	maxAddress   = 256 // bytes of a calling or called number
	maxAttribute = 500 // characters of an attribute's name and value; the vendor's bound
)

var (
	callForm   = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)
	numberLike = regexp.MustCompile(`^[A-Za-z0-9+*#.:@_-]{1,256}$`)
)

// media serves a call in Media Streams, from its first message on.
func (v *visit) media(first []byte) (problem string) {
	decoder := &twiliomedia.Decoder{Variants: true}
	start, problem := v.awaitStart(decoder, first)
	if problem != "" {
		return problem
	}
	s, ok := soundOf(start.Format, body(v.live).L16ByteOrder)
	switch {
	case !ok:
		return problemFormat
	case !callForm.MatchString(start.StreamSID):
		return problemStreamID
	case !callForm.MatchString(start.CallSID):
		return problemCallID
	}
	p := start.CustomParameters
	callID, problem := v.offer(channel.Offer{
		ProviderCallID: start.CallSID, Account: number(start.AccountSID),
		From: firstNumber(start.From, p["from"], p["caller"]), To: firstNumber(start.To, p["to"], p["called"]),
		Vars: attributes(v.live, p),
	})
	if problem != "" {
		return problem
	}
	l := &mediaLeg{
		conn: v.conn, start: start, sound: s, transfer: *body(v.live).TransferEvent, wait: v.times.media, decoder: decoder,
	}
	l.await(time.Now())
	v.serve(callID, start.CallSID, l)
	return ""
}

// awaitStart reads up to "start"; "connected" may come before it, once.
func (v *visit) awaitStart(decoder *twiliomedia.Decoder, msg []byte) (_ *twiliomedia.Start, problem string) {
	v.conn.until(time.Now().Add(v.times.first))
	var m twiliomedia.Message
	for connected := false; ; {
		decoder.FromPlatform(msg, &m)
		switch {
		case m.Kind == twiliomedia.Started:
			return m.Start, ""
		case m.Kind == twiliomedia.Malformed:
			return nil, problemMalformed
		case m.Kind == twiliomedia.Connected && !connected:
			connected = true
		case m.Kind != twiliomedia.Unknown, decoder.Stats().UnknownEvents > maxUnknown:
			return nil, problemOrder
		}
		var err error
		msg, err = v.conn.next()
		switch {
		case err != nil && timedOut(err):
			return nil, problemStart
		case err != nil:
			return nil, problemLost
		}
	}
}

// number is a number or address of the platform's, or nothing if it cannot be
// one: it goes into records.
func number(s string) string {
	if len(s) > maxAddress || !numberLike.MatchString(s) {
		return ""
	}
	return s
}

func firstNumber(candidates ...string) string {
	for _, c := range candidates {
		if n := number(c); n != "" {
			return n
		}
	}
	return ""
}

// attributes are the parameters that the channel lets through.
func attributes(l *channel.Live, p map[string]string) map[string]string {
	vars := map[string]string{}
	for _, name := range l.Body.(*api.ThreeCLogicChannel).AttributeAllowList {
		value, ok := p[name]
		if ok && utf8.RuneCountInString(name)+utf8.RuneCountInString(value) < maxAttribute {
			vars[name] = value
		}
	}
	return vars
}
