package threeclogic

import (
	"net/http"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

const stepOutcome = "outcome"

// outcome tells the platform what became of one of its calls.
func (h *handler) outcome(w http.ResponseWriter, r *http.Request) {
	live, _, ok := h.authenticate(w, r, stepOutcome, channel.ScopeContextRead)
	if !ok {
		return
	}
	channel.ServeOutcome(w, r, h.g, live, r.PathValue("correlation_id"))
}
