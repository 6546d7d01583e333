package library

import (
	"log/slog"
	"sync"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
)

// Prepare must have returned before anything of sipgo is made.
var Prepare = sync.OnceFunc(func() {
	// Requests with many Via headers need an answer over UDP, too. The library
	// subtracts 200 bytes.
	sip.UDPMTUSize = gate.MaxDatagram + 200
	// Whoever wants to hear of the library says so when making a piece of it; the
	// rest would print whole messages.
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
})
