package call

import (
	"context"
	"errors"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// ErrStalled is wrapped by the error of a leg whose platform did not take audio
// within the leg's write deadline; the call then ends with ReasonLegStalled.
var ErrStalled = errors.New("the platform stopped taking audio")

// Leg is the platform's side of a call: caller audio in, assistant audio out.
// Next is called by one goroutine and all other methods by one other, but
// Transferring.Transfer.
type Leg interface {
	// Format is the format of both directions.
	Format() audio.Format
	// Next blocks for the next thing that came from the platform, in order.
	// It fails with an error once the connection is gone or End was called.
	Next() (Input, error)
	// Write sends audio to the caller, a whole number of 20 ms frames. The
	// leg copies it.
	Write(audio []byte) error
	// End finishes the leg the platform's way and closes it. It is called
	// once, after the outcome was committed.
	End(ctx context.Context, e Ending) error
}

// Buffered is a leg whose platform keeps a playout queue of its own. Other
// legs are paced exactly, frame by frame, and played means sent.
type Buffered interface {
	// Playout says how the queue is to be filled.
	Playout() Playout
	// Clear makes the platform drop unplayed audio.
	Clear() error
}

// Playout is how a platform wants its queue to be filled.
type Playout struct {
	// Ahead is how far audio may be sent before it is played.
	Ahead time.Duration
	// First is the least audio that an empty queue is given, Piece the least of
	// every later message; both or neither. Less is sent when the utterance ends with it, when
	// the engine does not deliver more in time, or when the queue would run
	// dry. Zero asks for nothing but whole frames.
	First, Piece time.Duration
	// Mute platforms never say what they played; the clock alone tells.
	Mute bool
	// Sparse platforms get nothing while nothing is said, others get silence.
	Sparse bool
}

// Marking is a Buffered leg whose platform says how far it has played. Without
// it, played is what the clock says, and InputDrained corrects that.
type Marking interface {
	Buffered
	// WriteMark is Write, possibly of nothing, and asks the platform to answer
	// with InputMark once everything sent so far was played or cleared.
	WriteMark(audio []byte, name string) error
}

// InputKind tells inputs apart.
type InputKind uint8

// Inputs of a leg, with the fields they use.
const (
	// InputAudio: Data, valid until the next call of Next; any size.
	InputAudio InputKind = iota + 1
	// InputFill: Data is silence the leg made up for audio that the platform
	// did not send before the audio that comes next.
	InputFill
	// InputDTMF: Digit.
	InputDTMF
	// InputMark: Mark, the echo of Marking.WriteMark.
	InputMark
	// InputDrained: the platform's queue ran dry. It may be older than the
	// audio that was sent last.
	InputDrained
	// InputHangup: the caller or the platform ended the call; the last input.
	InputHangup
)

// Input is one thing that came from the platform.
type Input struct {
	Kind  InputKind
	Data  []byte
	Digit byte
	Mark  string
}

// Ending is how a call ends: what was decided, and for a transfer where to.
type Ending struct {
	Reason   Reason
	Outcome  Outcome
	Transfer *Target // nil unless the caller goes to a live agent
}

// Target is where a transferred caller is sent.
type Target struct {
	Name        string // of the assistant's transfers; empty for the channel's own
	Destination string // E.164, SIP URI, or empty where the platform knows it itself
	Summary     string // what the engine tells whoever takes the call, in one line; may be empty
}

// Reason is the one stable word why a call ended. It is logged once.
type Reason string

// Reasons.
const (
	ReasonEngineEnd    Reason = "assistant_ended"   // the assistant said goodbye
	ReasonTransfer     Reason = "transfer"          // the caller wanted a live agent
	ReasonCallerHangup Reason = "caller_hangup"     // the caller or the platform hung up
	ReasonMaxDuration  Reason = "max_call_duration" // time ran out
	ReasonInactivity   Reason = "inactivity"        // the caller stayed silent twice
	ReasonEngineFailed Reason = "engine_failed"     // the engine did not open, stalled or broke
	ReasonLegFailed    Reason = "leg_failed"        // the media connection broke
	ReasonLegStalled   Reason = "leg_stalled"       // the platform stopped taking audio
	ReasonQueueFull    Reason = "queue_full"        // the engine sent more than ten minutes ahead
	ReasonDrainTimeout Reason = "drain_timeout"     // the gateway had to stop
	ReasonNoMedia      Reason = "no_media"          // the platform never connected the media
	ReasonGatewayLost  Reason = "gateway_lost"      // the gateway process died during the call
)

// Outcome is the class of an ended call, for counting.
type Outcome string

// Outcomes.
const (
	OutcomeResolved     Outcome = "resolved"
	OutcomeTransferred  Outcome = "transferred"
	OutcomeCallerHangup Outcome = "caller_hangup"
	OutcomeFallback     Outcome = "fallback" // the fallback ended the call without a live agent
	OutcomeFailed       Outcome = "failed"
)
