package twilio

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// Reasons why a stream of media_url is refused, besides those of any stream.
const (
	reasonNoAccount     = "account_sid_unset"
	reasonCallMalformed = "call_sid_malformed"
	reasonCallUnknown   = "call_not_in_progress"
	reasonCallTaken     = "call_taken"
	reasonFailed        = "gateway_failed"
)

// mediaURL takes a stream that a user's own TwiML opened. What is signed is
// always the same and so proves no more than a password in the URL would:
// therefore the account must be the channel's, Twilio is asked about the call
// where it can be, and a call has one stream, ever.
func (h *handler) mediaURL(w http.ResponseWriter, r *http.Request) {
	live, ok := h.knock(w, r, stepMediaURL)
	if !ok {
		return
	}
	if account(live) == "" {
		h.refuse(w, r, live.ID, http.StatusForbidden, channel.Refusal{
			Step: stepMediaURL, Reason: reasonNoAccount, Detail: "media_url is for channels with account_sid",
		})
		return
	}
	stream, err := twiliomedia.Accept(w, r)
	if err != nil {
		h.log(live).Warn("media stream not upgraded", "error", err)
		return
	}
	defer stream.Close()
	start, refusal := awaitStart(stream, func(s *twiliomedia.Start) channel.Refusal {
		if !validSID(s.CallSID) {
			return channel.Refusal{Reason: reasonCallMalformed, Detail: "expected 1 to 64 letters and digits"}
		}
		return checkStart(s, channel.Offered{ProviderCallID: s.CallSID, Account: account(live)})
	})
	callID := ""
	if refusal.Reason == "" {
		callID, refusal = h.admit(r.Context(), live, start)
	}
	if refusal.Reason != "" {
		h.reject(r, live, stream, stepMediaURL, refusal)
		return
	}
	l := newLeg(stream, start.StreamSID)
	offered := channel.Offered{CallID: callID, ProviderCallID: start.CallSID, Account: start.AccountSID}
	l.before = func(_ context.Context, e call.Ending) { h.depart(r, live, offered, e) }
	h.serve(r.Context(), live, callID, l)
}

// admit offers the call of a stream. A refusal without a reason is none.
func (h *handler) admit(
	ctx context.Context, live *channel.Live, start *twiliomedia.Start,
) (callID string, refusal channel.Refusal) {
	var state restCall
	if c, ok := h.client(live); ok {
		var err error
		ctx, cancel := context.WithTimeout(ctx, restBudget)
		defer cancel()
		if state, err = c.call(ctx, start.CallSID); err != nil {
			return "", channel.Refusal{Reason: reasonRESTFailed, Detail: err.Error()}
		}
		if state.Status != statusInProgress {
			return "", channel.Refusal{
				Reason: reasonCallUnknown, Auth: true, Detail: fmt.Sprintf("Twilio says that the call is %.20q", state.Status),
			}
		}
	}
	callID, err := h.g.Offer(ctx, live, channel.Offer{
		ProviderCallID: start.CallSID, Account: start.AccountSID,
		From: bounded(state.From, maxAddress), To: bounded(state.To, maxAddress),
		Vars: parameters(start), Wait: startWait, First: true,
	})
	if err == nil {
		return callID, channel.Refusal{}
	}
	if errors.Is(err, channel.ErrNotFound) {
		return "", channel.Refusal{Reason: reasonCallTaken, Auth: true, Detail: "a call has one stream, ever"}
	}
	if refusal, ok := channel.OfferRefusal(stepMediaURL, err); ok {
		return "", refusal
	}
	h.log(live).Error("media stream not taken", "error", err)
	return "", channel.Refusal{Reason: reasonFailed}
}

// parameters are the <Parameter> elements of the user's TwiML.
func parameters(start *twiliomedia.Start) map[string]string {
	vars := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(start.CustomParameters)) {
		if validName(name) && len(vars) < maxVariables {
			vars[name] = bounded(start.CustomParameters[name], maxVariable)
		}
	}
	return vars
}

// depart ends the call of a user's own TwiML, before its stream is closed: that
// TwiML goes on once it is, and knows of no live agent. So a caller who is to be
// transferred is taken out of it first; any other is left to it.
func (h *handler) depart(r *http.Request, live *channel.Live, o channel.Offered, e call.Ending) {
	if e.Reason == call.ReasonCallerHangup {
		return
	}
	if _, transfer := h.follow(live, e, "")[0].(dialVerb); transfer {
		h.tell(r, live, o, e, "the TwiML around media_url knows no live agent")
	}
}
