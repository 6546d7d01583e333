package genesysaudioconnector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// Bounds of what a call brings along, in bytes.
const (
	maxAddress = 255
	maxName    = 64
)

// receive takes a session from its upgrade to its end.
func (h *handler) receive(
	k knock, live *channel.Live, held place, ids identity, session *audiohook.Server,
) {
	open, refusal := h.awaitOpen(session)
	if refusal.Reason != "" {
		h.record(k.Request, live.ID, refusal)
		reject(session, refusal)
		return
	}
	media, ok := audiohook.Select(open.Media)
	l := newLeg(session, media, time.Now().Add(h.engineWait), h.disconnectWait, h.log(live))
	switch {
	case open.OrganizationID != ids.organization:
		refusal = channel.Refusal{
			Reason: reasonOrganization, Detail: "open names another organization than the signed header", Auth: true,
		}
	case !ok:
		refusal = channel.Refusal{Reason: reasonMedia, Detail: "PCMU at 8000 Hz of external or internal was not offered"}
	case open.IsProbe():
		held.release()
		h.probe(live, l)
		return
	default:
		refusal = h.offer(k.Context(), live, held.callID, ids, open)
	}
	if refusal.Reason != "" {
		refusal.Step = stepOpen
		h.record(k.Request, live.ID, refusal)
		l.decline(refusal.Reason)
		return
	}
	h.serve(k.Context(), live, held.callID, ids.session, l)
}

// awaitOpen reads the first message, which must be "open". A refusal without a
// reason is none.
func (h *handler) awaitOpen(session *audiohook.Server) (*audiohook.OpenParameters, channel.Refusal) {
	session.ReadUntil(time.Now().Add(h.openWait))
	defer session.ReadUntil(time.Time{})
	var m audiohook.Message
	err := session.Read(&m)
	var n net.Error
	refusal := channel.Refusal{Step: stepOpen}
	switch {
	case errors.As(err, &n) && n.Timeout():
		refusal.Reason, refusal.Detail = reasonOpenTimeout, "no open within "+h.openWait.String()
	case err != nil:
		refusal.Reason, refusal.Detail = reasonOpenMissing, "the connection ended before open"
	case m.Kind == audiohook.Violation:
		refusal.Reason, refusal.Detail = reasonViolation, m.Problem
	case m.Kind != audiohook.Open:
		refusal.Reason, refusal.Detail = reasonOpenMissing, "another message came before open"
	}
	return m.Open, refusal
}

// reject ends a session that was not opened. It reads on for a moment so that
// the close code is not lost in a reset.
func reject(session *audiohook.Server, refusal channel.Refusal) {
	_ = session.Disconnect(audiohook.ReasonError, refusal.Reason, nil) // the close says as much
	if session.Shutdown(websocket.ClosePolicyViolation, refusal.Reason) != nil {
		return
	}
	session.ReadUntil(time.Now().Add(closeWait))
	var m audiohook.Message
	for session.Read(&m) == nil {
		continue
	}
}

// offer makes a call of a place. The session is its id: one conversation may
// come to an audio connector more than once. A refusal without a reason is none.
func (h *handler) offer(
	ctx context.Context, live *channel.Live, callID string, ids identity, open *audiohook.OpenParameters,
) channel.Refusal {
	_, err := h.g.Offer(ctx, live, channel.Offer{
		ProviderCallID: ids.session, Account: ids.organization,
		From: address(open.Participant.ANI), To: address(open.Participant.DNIS),
		Vars: variables(open), Wait: h.engineWait, First: true, Held: callID,
	})
	if err == nil {
		return channel.Refusal{}
	}
	if refusal, ok := channel.OfferRefusal(stepOpen, err); ok {
		return refusal
	}
	h.log(live).Error("call not taken", "error", err)
	return channel.Refusal{Reason: reasonFailed}
}

// serve runs a call on its leg. The flow goes on when the session is over; what
// it does then is not told.
func (h *handler) serve(ctx context.Context, live *channel.Live, callID, session string, l *leg) {
	l.callID = callID
	result, err := h.g.Serve(ctx, callID, l)
	if err != nil && !l.ended {
		h.log(live).Warn("call not served", "call_id", callID, "error", err)
		l.decline(reasonFailed)
	}
	if result.Transfer != nil {
		report := channel.Report{TransferMethod: "flow", TransferResult: "completed", Final: true}
		if err := h.g.Report(context.WithoutCancel(ctx), live.ID, session, report); err != nil {
			h.log(live).Warn("end of the call not stored", "call_id", callID, "error", err)
		}
	}
	s := l.session.Stats()
	h.log(live).Debug("session closed", "call_id", callID, "detail", fmt.Sprintf(
		"unknown types %d, unknown fields %d, malformed %d, ignored %d, slowed down %d times",
		s.UnknownTypes, s.UnknownFields, s.Malformed, l.ignored, l.slowed))
}

// probe lets Genesys try the connection: no engine, no call.
func (h *handler) probe(live *channel.Live, l *leg) {
	l.session.ReadUntil(time.Now().Add(probeWait))
	err := l.Answer()
	for err == nil {
		var in call.Input
		if in, err = l.Next(); in.Kind == call.InputHangup {
			break
		}
	}
	l.stopReading()
	l.finish()
	h.log(live).Info("connection probe answered")
}

// address is a caller's or called number as the call record has it: what stands
// behind tel:, a SIP URI, or anything else that came.
func address(s string) string {
	if number, ok := strings.CutPrefix(s, "tel:"); ok {
		s, _, _ = strings.Cut(number, ";")
	}
	return bounded(s, maxAddress)
}

// variables are what the assistant may know of a call. Names that are not
// usable are left out.
func variables(open *audiohook.OpenParameters) map[string]string {
	vars := map[string]string{}
	for name, value := range map[string]string{
		"caller_name": open.Participant.ANIName, "genesys_conversation_id": open.ConversationID, "language": open.Language,
	} {
		if value != "" {
			vars[name] = bounded(value, maxAddress)
		}
	}
	for name, value := range open.Input {
		if name != "" && len(name) <= maxName && bounded(name, maxName) == name {
			vars[name] = bounded(value, audiohook.MaxInput)
		}
	}
	return vars
}

// bounded cuts to n bytes of text that every store takes: valid UTF-8 without
// NUL.
func bounded(s string, n int) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), n)], ""), "\x00", "")
}
