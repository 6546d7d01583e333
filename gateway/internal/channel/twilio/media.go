package twilio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// startWait is how long the stream may take from the upgrade to "start".
const startWait = 5 * time.Second

// Reasons why a stream is refused.
const (
	reasonNoUpgrade       = "not_a_websocket"
	reasonTicket          = "ticket_unknown"
	reasonStartTimeout    = "start_timeout"
	reasonStartMissing    = "start_missing"
	reasonStartMalformed  = "start_malformed"
	reasonStreamSID       = "stream_sid_malformed"
	reasonCallMismatch    = "call_sid_mismatch"
	reasonAccountMismatch = "account_mismatch"
	reasonMediaFormat     = "media_format"
)

// media takes the stream that voice asked for. Signature and ticket are
// checked before the upgrade, the stream's own claims before the call is
// served.
func (h *handler) media(w http.ResponseWriter, r *http.Request) {
	live, ok := h.knock(w, r, stepMedia)
	if !ok {
		return
	}
	offered, err := h.g.Redeem(r.Context(), live.ID, r.PathValue("ticket"))
	switch {
	case errors.Is(err, channel.ErrNotFound):
		h.refuse(w, r, live.ID, http.StatusForbidden, channel.Refusal{
			Step: stepMedia, Reason: reasonTicket, Auth: true,
			Detail: "the ticket is unknown, used, older than " + mediaWait.String() + " or of another channel",
		})
		return
	case err != nil:
		h.log(live).Error("media stream not taken", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	stream, err := twiliomedia.Accept(w, r)
	if err != nil {
		h.log(live).Warn("media stream not upgraded", "call_id", offered.CallID, "error", err)
		return
	}
	defer stream.Close()
	start, refusal := awaitStart(stream, func(s *twiliomedia.Start) channel.Refusal { return checkStart(s, offered) })
	if refusal.Reason != "" {
		h.reject(r, live, stream, stepMedia, refusal)
		return
	}
	l, key := newLeg(stream, start.StreamSID), turnKey{live.ID, start.CallSID}
	var settled <-chan struct{}
	l.before = func(context.Context, call.Ending) { settled = h.turns.expect(key) } // Twilio may ask at once
	result := h.serve(r.Context(), live, offered.CallID, l)
	h.await(r, live, settled, offered, result.Ending)
}

// knock checks what can be told of a stream before it is upgraded.
func (h *handler) knock(w http.ResponseWriter, r *http.Request, step string) (*channel.Live, bool) {
	live, ok := h.channel(w, r, step)
	if !ok {
		return nil, false
	}
	if !websocket.IsWebSocketUpgrade(r) {
		h.refuse(w, r, live.ID, http.StatusUpgradeRequired, channel.Refusal{Step: step, Reason: reasonNoUpgrade})
		return nil, false
	}
	// The signature first: only Twilio may burn a ticket.
	if reason := verify(r, nil, h.bases(true), live.Secrets(tokenSecret, h.g.Now())); reason != "" {
		h.refuseSignature(w, r, live, step, reason)
		return nil, false
	}
	return live, true
}

// serve runs a call on its leg. The result of a call that was not served is
// empty.
func (h *handler) serve(ctx context.Context, live *channel.Live, callID string, l *leg) call.Result {
	result, err := h.g.Serve(ctx, callID, l)
	if err != nil && !l.ended {
		h.log(live).Warn("media stream not served", "call_id", callID, "error", err)
	}
	_ = l.close(websocket.ClosePolicyViolation) // one stream per call, ever
	s := l.stream.Stats()
	h.log(live).Debug("media stream closed", "call_id", callID, "detail", fmt.Sprintf(
		"unknown events %d, unknown fields %d, malformed %d, ignored %d",
		s.UnknownEvents, s.UnknownFields, s.Malformed, l.ignored))
	return result
}

// awaitStart reads up to "start" and checks it. A refusal without a reason is
// none.
func awaitStart(
	stream *twiliomedia.Gateway, check func(*twiliomedia.Start) channel.Refusal,
) (*twiliomedia.Start, channel.Refusal) {
	stream.ReadUntil(time.Now().Add(startWait))
	defer stream.ReadUntil(time.Time{})
	var m twiliomedia.Message
	for {
		if err := stream.Read(&m); err != nil {
			var n net.Error
			if errors.As(err, &n) && n.Timeout() {
				return nil, channel.Refusal{Reason: reasonStartTimeout, Detail: "no start within " + startWait.String()}
			}
			return nil, channel.Refusal{Reason: reasonStartMissing, Detail: "the stream ended before start"}
		}
		switch m.Kind {
		case twiliomedia.Unknown, twiliomedia.Connected:
		case twiliomedia.Started:
			return m.Start, check(m.Start)
		case twiliomedia.Malformed:
			return nil, channel.Refusal{Reason: reasonStartMalformed, Detail: m.Problem}
		default:
			return nil, channel.Refusal{Reason: reasonStartMissing, Detail: "another message came before start"}
		}
	}
}

// checkStart compares a start with the call it should be of.
func checkStart(s *twiliomedia.Start, o channel.Offered) channel.Refusal {
	switch {
	case s.CallSID != o.ProviderCallID:
		return channel.Refusal{
			Reason: reasonCallMismatch, Auth: true, Detail: "start names another call than the ticket",
		}
	case s.AccountSID != o.Account:
		return channel.Refusal{
			Reason: reasonAccountMismatch, Auth: true, Detail: "start names another account than expected",
		}
	case s.Format != twiliomedia.Mulaw:
		return channel.Refusal{
			Reason: reasonMediaFormat, Detail: "expected audio/x-mulaw at 8000 Hz with 1 channel",
		}
	case !validSID(s.StreamSID):
		return channel.Refusal{Reason: reasonStreamSID, Detail: "expected 1 to 64 letters and digits"}
	}
	return channel.Refusal{}
}

// reject records a refusal and closes the stream, which is not served. It reads
// on for a moment so that the close code is not lost in a reset.
func (h *handler) reject(
	r *http.Request, live *channel.Live, stream *twiliomedia.Gateway, step string, refusal channel.Refusal,
) {
	refusal.Step = step
	h.record(r, live.ID, refusal)
	if stream.Shutdown(websocket.ClosePolicyViolation, refusal.Reason) != nil {
		return
	}
	stream.ReadUntil(time.Now().Add(closeWait))
	var m twiliomedia.Message
	for stream.Read(&m) == nil {
		continue
	}
}
