package twilio

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// dialTimeout is how long a live agent's telephone rings, in seconds.
const dialTimeout = 30

// connectAction says what happens after the stream.
func (h *handler) connectAction(r *request) (twiml, error) {
	if !h.turns.settle(turnKey{r.live.ID, r.callSID()}) {
		// The node that had the media waits for this, if it is another one.
		if err := h.report(r, channel.Report{Asked: true}); err != nil {
			h.log(r.live).Warn("other nodes do not know that twilio asked what comes next", "error", err)
		}
	}
	return h.next(r.Context(), r.live, r.callSID(), r.ownNumber())
}

// next is the committed outcome of a call as TwiML; for a call this gateway
// knows nothing of, the live agent. own is the account's number of the call.
func (h *handler) next(ctx context.Context, live *channel.Live, callSID, own string) (twiml, error) {
	o, err := h.g.Outcome(ctx, live.ID, callSID)
	if err != nil && !errors.Is(err, channel.ErrNotFound) {
		return h.liveAgentOr(live, own, sayUnreachable()), fmt.Errorf("read the outcome: %w", err)
	}
	if err != nil || !o.Ended {
		return h.liveAgentOr(live, own, sayUnreachable()), nil
	}
	return h.follow(live, o.Ending, own), nil
}

// follow is what comes after an ending.
func (h *handler) follow(live *channel.Live, e call.Ending, own string) twiml {
	switch {
	case e.Transfer != nil && e.Transfer.Destination != "":
		return h.dial(live, e.Transfer.Destination, own, sayUnreachable())
	case e.Transfer != nil, e.Outcome == call.OutcomeFailed && live.Assistant.Fallback != api.FallbackEndCall:
		return h.liveAgentOr(live, own, sayUnreachable())
	}
	return twiml{hangupVerb{}}
}

// dialAction takes the result of ringing the live agent.
func (h *handler) dialAction(r *request) (twiml, error) {
	answer := twiml{hangupVerb{}}
	result := r.form.Get("DialCallStatus")
	switch result {
	case "completed", "answered":
	case "busy", "no-answer", "failed", "canceled":
		answer = sayUnreachable()
	default:
		result, answer = "unknown", sayUnreachable()
	}
	return answer, h.report(r, channel.Report{TransferMethod: "dial", TransferResult: result, Final: true})
}

// status hears that a call is over, which is news only when its media never
// connected or it was handed over.
func (h *handler) status(r *request) (twiml, error) {
	switch r.form.Get("CallStatus") {
	case "completed", "busy", "failed", "no-answer", "canceled":
		h.turns.settle(turnKey{r.live.ID, r.callSID()}) // nothing comes next
		return nil, h.report(r, channel.Report{Final: true})
	}
	return nil, nil
}

// streamStatus is informational and never drives a call.
func (h *handler) streamStatus(r *request) (twiml, error) {
	event := r.form.Get("StreamEvent")
	switch event {
	case "stream-started", "stream-stopped", "stream-error":
	default:
		event = "unknown"
	}
	h.log(r.live).Debug("stream status", "reason", event, "error", bounded(masked(r.form.Get("StreamError")), maxAddress))
	return nil, nil
}

// report stores news of a call; one that was never admitted has no record.
func (h *handler) report(r *request, report channel.Report) error {
	err := h.g.Report(r.Context(), r.live.ID, r.callSID(), report)
	if err == nil || errors.Is(err, channel.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("store the result: %w", err)
}

// liveAgentOr rings the channel's live agent, if it has one.
func (h *handler) liveAgentOr(live *channel.Live, own string, otherwise twiml) twiml {
	target := Kind{}.LiveAgent(live.Body)
	if target == "" {
		return otherwise
	}
	return h.dial(live, target, own, otherwise)
}

func (h *handler) dial(live *channel.Live, target, own string, otherwise twiml) twiml {
	// Checked when it was configured; once more because it leaves as markup
	// that costs money.
	if err := api.CheckDialTarget(target); err != nil {
		h.log(live).Error("live agent not dialled", "error", "the stored target is not a number or SIP URI")
		return otherwise
	}
	verb := dialVerb{
		Action:         base(h.g.Endpoints(), live.ID) + stepDialAction,
		AnswerOnBridge: true,
		Timeout:        dialTimeout,
		CallerID:       own,
	}
	if api.IsSIPURI(target) {
		verb.SIP = target
	} else {
		verb.Number = target
	}
	return twiml{verb}
}

// ownNumber is the account's own number of a call, the one caller id that
// Twilio accepts in every case; a withheld caller number is not. Without a
// number, on a call over SIP, Twilio chooses.
func ownNumber(direction, from, to string) string {
	number := to
	if strings.HasPrefix(direction, "outbound") {
		number = from
	}
	if api.IsSIPURI(number) || api.CheckDialTarget(number) != nil {
		return ""
	}
	return number
}
