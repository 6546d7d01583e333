package twilio

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

const (
	// actionWait is how long Twilio may take from the end of the stream to its
	// question what comes next.
	actionWait = 5 * time.Second
	// drainWait is the same for the last calls of a gateway that is shutting
	// down, which does not answer much longer.
	drainWait = 2 * time.Second
)

// Reasons why a call could not be told what comes next.
const (
	reasonActionMissing = "action_missing"
	reasonRESTFailed    = "rest_failed"
)

// turns are the calls about which Twilio has yet to ask. mu guards them.
type turns struct {
	mu      sync.Mutex
	waiting map[turnKey]chan struct{} // closed by settle
}

type turnKey struct{ channelID, callSID string }

// expect gives a channel that is closed once the call needs nothing more.
func (t *turns) expect(key turnKey) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	settled := make(chan struct{})
	t.waiting[key] = settled
	return settled
}

// settle notes that Twilio asked about a call, or that the call is over. It
// reports whether this process was waiting for that.
func (t *turns) settle(key turnKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	settled, ok := t.waiting[key]
	if ok {
		delete(t.waiting, key)
		close(settled)
	}
	return ok
}

func (t *turns) forget(key turnKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.waiting, key)
}

// await gives Twilio time to ask what comes after the stream of a call. If it
// does not, the call is told over REST, or, without an API key, counted. The
// caller is never given to a second engine.
func (h *handler) await(
	r *http.Request, live *channel.Live, settled <-chan struct{}, o channel.Offered, e call.Ending,
) {
	if settled == nil {
		return // not served here
	}
	defer h.turns.forget(turnKey{live.ID, o.ProviderCallID})
	if e.Reason == call.ReasonCallerHangup {
		return // nobody is on the line
	}
	wait := h.wait
	if e.Reason == call.ReasonDrainTimeout {
		wait = min(wait, drainWait)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-settled:
		return
	case <-timer.C:
	}
	// Another node may have been asked. While the store cannot say, the call is
	// told: a live agent who is rung twice is better than one who never is.
	ctx := context.WithoutCancel(r.Context())
	if asked, err := h.g.Asked(ctx, live.ID, o.ProviderCallID); err != nil || !asked {
		h.tell(r, live, o, e, "Twilio did not ask what comes next")
	}
}

// tell sends over REST what comes next, and says why that is needed. A call that
// cannot be told is counted.
func (h *handler) tell(r *http.Request, live *channel.Live, o channel.Offered, e call.Ending, why string) {
	c, ok := h.client(live)
	if !ok {
		h.record(r, live.ID, channel.Refusal{
			Step: stepConnectAction, Reason: reasonActionMissing,
			Detail: fmt.Sprintf("call %s: %s; without an API key it cannot be told", o.CallID, why),
		})
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), restBudget)
	defer cancel()
	state, err := c.call(ctx, o.ProviderCallID)
	if err == nil && state.Status == statusInProgress {
		err = c.update(ctx, o.ProviderCallID, h.follow(live, e, ownNumber(state.Direction, state.From, state.To)))
	}
	if err != nil {
		h.record(r, live.ID, channel.Refusal{
			Step: stepConnectAction, Reason: reasonRESTFailed, Detail: fmt.Sprintf("call %s: %s: %v", o.CallID, why, err),
		})
		return
	}
	h.log(live).Info("told over REST what comes next", "call_id", o.CallID, "detail", why)
}
