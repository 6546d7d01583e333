package channel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	// maxOutcomeWait is how long an answer about a running call may be held.
	maxOutcomeWait = 2 * time.Second
	// outcomeEvery is how often a running call is looked at meanwhile.
	outcomeEvery = 50 * time.Millisecond
	// maxCorrelation bounds a platform's id of a call.
	maxCorrelation = 128
)

// OutcomeAnswer is what platforms are told about a call.
type OutcomeAnswer struct {
	Status         string `json:"status"`                    // connected or completed
	Disposition    string `json:"disposition,omitempty"`     // transfer, resolved, caller_hangup or error
	TransferReason string `json:"transfer_reason,omitempty"` // why a live agent is wanted
	QueueHint      string `json:"queue_hint,omitempty"`      // the transfer's name, if it has one
	ConversationID string `json:"conversation_id"`           // the gateway's id of the call
}

// AnswerOutcome is the answer about a call. Whatever went wrong is an error, for
// which platforms get a live agent; so does one that is handed over.
func AnswerOutcome(o Outcome) OutcomeAnswer {
	a := OutcomeAnswer{Status: "connected", ConversationID: o.CallID}
	if !o.Ended {
		return a
	}
	a.Status = "completed"
	switch {
	case o.Ending.Reason == call.ReasonTransfer:
		a.Disposition = "transfer"
	case o.Ending.Outcome == call.OutcomeResolved:
		a.Disposition = "resolved"
	case o.Ending.Outcome == call.OutcomeCallerHangup:
		a.Disposition = "caller_hangup"
	default:
		a.Disposition = "error"
	}
	if t := o.Ending.Transfer; t != nil {
		a.TransferReason, a.QueueHint = TransferReason(o.Ending.Reason), t.Name
	}
	return a
}

// TransferReason is the word for why a caller is handed over.
func TransferReason(r call.Reason) string {
	switch r {
	case call.ReasonTransfer:
		return "user_requested"
	case call.ReasonMaxDuration:
		return "max_duration"
	case call.ReasonInactivity:
		return "inactivity"
	case call.ReasonEngineFailed, call.ReasonQueueFull:
		return "engine_error"
	}
	return "error"
}

// ServeOutcome answers a platform that has authenticated itself as the channel's
// and asks about one of its calls. The parameter wait, 0 to 2000 ms, holds the
// answer until the call has ended.
func ServeOutcome(w http.ResponseWriter, r *http.Request, g Gateway, l *Live, correlationID string) {
	w.Header().Set("Cache-Control", "no-store")
	wait := time.Duration(0)
	if text := r.URL.Query().Get("wait"); text != "" {
		var err error
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > maxOutcomeWait {
			http.Error(w, "wait is not a duration from 0ms to 2000ms", http.StatusBadRequest)
			return
		}
	}
	if correlationID == "" || len(correlationID) > maxCorrelation {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	o, err := awaitOutcome(r.Context(), g, l.ID, correlationID, wait)
	switch {
	case errors.Is(err, ErrNotFound):
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		g.Log().Error("outcome not read", telemetry.KeyChannel, l.ID, telemetry.KeyError, err)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(AnswerOutcome(o)) // the client may be gone
	}
}

// awaitOutcome reads an outcome, again and again while the call goes on.
func awaitOutcome(ctx context.Context, g Gateway, channelID, id string, wait time.Duration) (Outcome, error) {
	over := time.NewTimer(wait)
	defer over.Stop()
	tick := time.NewTicker(outcomeEvery)
	defer tick.Stop()
	for {
		o, err := g.Outcome(ctx, channelID, id)
		if err != nil || o.Ended || wait == 0 {
			return o, err
		}
		select {
		case <-tick.C:
		case <-over.C:
			return o, nil
		case <-ctx.Done():
			return o, context.Cause(ctx)
		}
	}
}
