package genesysaudioconnector

import (
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Dispositions, which the flow branches on.
const (
	dispositionTransfer = "transfer"
	dispositionResolved = "resolved"
	dispositionError    = "error"
)

// output are the session variables that the flow gets back. All values are
// strings: others make it lose every one.
func output(e call.Ending, callID string) map[string]string {
	vars := map[string]string{"disposition": dispositionResolved, "conversation_id": callID}
	switch {
	case e.Transfer != nil:
		vars["disposition"], vars["transfer_reason"] = dispositionTransfer, transferReason(e.Reason)
		if e.Transfer.Name != "" {
			vars["queue_hint"] = e.Transfer.Name
		}
	case e.Outcome != call.OutcomeResolved:
		vars["disposition"], vars["transfer_reason"] = dispositionError, transferReason(e.Reason)
	}
	return vars
}

// transferReason is a reason in the words that flows know, or in ours where they
// know only that it was an error.
func transferReason(r call.Reason) string {
	if word := channel.TransferReason(r); word != dispositionError {
		return word
	}
	return string(r)
}
