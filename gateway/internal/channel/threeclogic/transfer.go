package threeclogic

import (
	"regexp"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// Forms of a transfer's target. They are checked when they are configured and
// again here, so that nothing else ever reaches the platform.
var (
	numberForm = regexp.MustCompile(`^(tel:)?\+[1-9]\d{1,14}$`)
	userForm   = regexp.MustCompile(`^[A-Za-z0-9._~!$&*+=-]{1,16}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,254}[A-Za-z0-9])?$`)
)

// address is a target as the platform gets it; empty is its own queue, which is
// also where a target goes that the platform could not reach.
func address(t *call.Target) string {
	to := strings.TrimPrefix(t.Destination, "sip:")
	if numberForm.MatchString(to) || userForm.MatchString(to) {
		return to
	}
	return ""
}

// closeCode is how the connection of an ended call is closed.
func closeCode(e call.Ending) int {
	switch {
	case e.Reason == call.ReasonRevoked, e.Reason == reasonFlood:
		return websocket.ClosePolicyViolation
	case e.Transfer != nil:
		return websocket.CloseNormalClosure
	case e.Reason == call.ReasonEngineFailed, e.Reason == call.ReasonQueueFull:
		return websocket.CloseInternalServerErr
	case e.Reason == call.ReasonDrainTimeout:
		return websocket.CloseGoingAway
	}
	return websocket.CloseNormalClosure
}
