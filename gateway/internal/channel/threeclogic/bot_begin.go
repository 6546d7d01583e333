package threeclogic

import (
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
)

// Reasons of session.error. They tell nothing of the inside.
const (
	refusedFormat  = "no media format in common"
	refusedGateway = "assistant not available"
	refusedTaken   = "conversation exists"
	refusedUnknown = "conversation not found"
)

// bot serves a call in the AudioCodes framing, from its first message on.
func (v *visit) bot(first []byte) (problem string) {
	decoder := &audiocodes.Decoder{}
	var m audiocodes.Message
	decoder.FromPlatform(first, &m)
	key := sessionKey{v.live.ID, v.client.ID, m.ConversationID}
	switch {
	case m.Kind == audiocodes.Malformed:
		return problemMalformed
	case !callForm.MatchString(m.ConversationID):
		return problemCallID
	case m.Kind == audiocodes.Resume:
		return v.resume(key)
	}
	format, f, ok := audiocodes.Choose(m.Initiate.Formats)
	if !ok {
		return v.turnAway(refusedFormat)
	}
	l := &botLeg{
		times: v.times, format: f, name: format, decoder: decoder, conn: v.conn,
		ringUntil: time.Now().Add(v.times.first), back: closed(), left: make(chan struct{}),
	}
	offer := channel.Offer{ProviderCallID: m.ConversationID, From: number(m.Initiate.Caller)}
	var served leg = ringingLeg{l}
	if len(body(v.live).AttributeAllowList) > 0 {
		// The platform tells the parameters of the call only once it was accepted,
		// and the assistant needs them from the beginning.
		served = l
		if v.held == "" {
			return v.turnAway(refusedGateway)
		}
		if l.accept() != nil {
			return problemLost
		}
		p, problem := l.awaitStart(v.conn)
		if problem != "" {
			return problem
		}
		offer.To = firstNumber(p["callee"], p["to"], p["called"])
		offer.Vars = attributes(v.live, p)
	}
	callID, problem := v.offer(offer)
	switch problem {
	case "":
	case problemTaken:
		return v.turnAway(refusedTaken)
	default:
		return v.turnAway(refusedGateway)
	}
	v.sessions.add(key, l)
	defer v.sessions.remove(key, l)
	v.serve(callID, m.ConversationID, served)
	return ""
}

// turnAway refuses a session, which is no violation of the protocol.
func (v *visit) turnAway(reason string) (problem string) {
	if v.conn.send(func(dst []byte) []byte { return audiocodes.AppendRefused(dst, reason) }) != nil {
		return problemLost
	}
	v.record(v.r, v.live, channel.Refusal{Step: stepStream, Reason: "session_refused", Detail: reason})
	v.conn.finish(websocket.CloseNormalClosure, "")
	return ""
}

// resume gives the connection to the call it came back to, and waits until that
// needs it no longer.
func (v *visit) resume(key sessionKey) (problem string) {
	l, ok := v.sessions.find(key)
	if !ok || !l.attach(v.conn) {
		return v.turnAway(refusedUnknown)
	}
	v.release() // the call has a place of its own
	<-v.conn.gone
	return ""
}

// awaitStart reads up to the event start and gives its parameters; none if audio
// goes on without it. What comes before it is kept for Next.
func (l *botLeg) awaitStart(c *socket) (_ map[string]string, problem string) {
	began := time.Now()
	c.until(began.Add(l.times.first))
	for len(l.early) < maxEarly && time.Since(began) < l.times.start {
		msg, err := c.next()
		switch {
		case err != nil && timedOut(err):
			return nil, problemStart
		case err != nil:
			return nil, problemLost
		}
		var m audiocodes.Message
		l.decoder.FromPlatform(msg, &m)
		for _, a := range m.Activities {
			if a.Type == audiocodes.ActivityEvent && strings.EqualFold(a.Name, audiocodes.EventStart) {
				return a.Parameters, ""
			}
		}
		l.early = append(l.early, slices.Clone(msg))
	}
	return nil, ""
}

// maxEarly is how many messages may come before the event start.
const maxEarly = 64
