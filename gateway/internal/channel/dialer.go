package channel

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Dialer is a kind that can place a call on one of its own channels exactly as
// its platform would, over the channel's real public endpoint. It is the other
// side of the wire: test calls, demonstrations and conformance use it.
type Dialer interface {
	Kind
	// Dial places the call and returns once the assistant's side answered.
	// Errors: *RefusedError when the gateway said no.
	Dial(ctx context.Context, p Placement) (Line, error)
}

// Placement says which call to place.
type Placement struct {
	Body        api.ChannelBody   // the channel as the admin API shows it
	Credentials map[string]string // its current secrets by name
	From, To    string            // E.164
}

// RefusedError is the gateway's refusal in the platform's own terms.
type RefusedError struct {
	Step   string // for example "voice" or "media"
	Status int    // HTTP or SIP status; 200 when the refusal is TwiML
	Detail string // for example the TwiML
}

// Error implements error.
func (e *RefusedError) Error() string { return e.Step + " was refused: " + e.Detail }

// Line is the caller's end of a placed call. The platform's playout queue,
// marks and clears are simulated behind it on an absolute clock.
type Line interface {
	// ProviderCallID is the platform's id of the call.
	ProviderCallID() string
	// Format of Send and of Heard.
	Format() audio.Format
	// Send hands over 20 ms of what the caller says. It blocks while half a
	// second is waiting to be sent, so the line's clock paces its callers.
	Send(frame []byte) error
	// Press sends one DTMF digit.
	Press(digit byte) error
	// Heard delivers every 20 ms frame the caller hears, in real time, silence
	// included; it is closed when the call ends.
	Heard() <-chan Heard
	// Hangup ends the call from the caller's side.
	Hangup()
	// Wait blocks until the call is over and everything the platform asks
	// after it (such as Twilio's action request) was answered.
	Wait(ctx context.Context) (LineEnd, error)
}

// Heard is one frame at the caller's ear.
type Heard struct {
	Frame []byte
	At    time.Duration // since the call was answered
	// Cleared is set on the first frame after the gateway dropped unplayed
	// audio.
	Cleared bool
}

// LineEnd is how a call ended, as the platform saw it.
type LineEnd struct {
	ByGateway bool   `json:"by_gateway"`       // the gateway ended the media, not the caller
	Next      string `json:"next,omitempty"`   // what the platform was told to do then: "hangup", "transfer" or ""
	Target    string `json:"target,omitempty"` // of a transfer
	Detail    string `json:"detail,omitempty"` // the platform's own form, for example the TwiML
}
