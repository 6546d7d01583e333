package call

import (
	"context"
	"log/slog"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Session runs one call. Fill the exported fields, then call Run once.
type Session struct {
	ID     string
	Leg    Leg
	Engine Engine
	Config Config // In and Out are set by Run
	Limits Limits
	// Destinations are the assistant's named transfers; the value is where
	// the caller is sent, "" for LiveAgent.
	Destinations map[string]string
	// LiveAgent is the channel's own live-agent target, "" if it has none.
	LiveAgent string
	// Notices are spoken by the session itself, when the engine cannot.
	Notices Notices
	// Commit stores the ending. It is called once, before Leg.End. An error
	// is logged and does not stop the ending.
	Commit func(ctx context.Context, e Ending) error
	// Observe receives measurements while the call runs; nil drops them.
	Observe Observer
	Log     *slog.Logger
}

// Limits of one call.
type Limits struct {
	MaxDuration           time.Duration // then fallback
	InactivityTimeout     time.Duration // first expiry: InactivityPrompt, second: fallback
	InactivityPrompt      string
	GreetingInterruptible bool
	DTMFInterrupts        bool
	FallbackToLiveAgent   bool // else the fallback ends the call
}

// Notices are recorded sentences, linear PCM at 8 kHz.
type Notices struct {
	Failed      []int16 // a technical problem, the call ends or is transferred
	NoLiveAgent []int16 // nobody can be reached
}

// Observer receives measurements; its methods must not block.
type Observer interface {
	TurnLatency(d time.Duration)  // end of the caller's turn to first audio sent
	ClearLatency(d time.Duration) // accepted interruption to leg cleared
	FrameDelay(d time.Duration)   // how late a paced frame was
	FramesDropped(n int)          // caller frames the engine did not take
	EngineError(code string)
}

// Result is the record of a finished call.
type Result struct {
	Ending
	Answered time.Time
	Ended    time.Time
	Turns    []TurnRecord
	Stats    Stats
}

// TurnRecord is one utterance. Key presses appear as "[key]".
type TurnRecord struct {
	Role        Role
	Text        string
	At          time.Duration // since the call was answered
	Latency     time.Duration // assistant: end of caller's turn to first audio sent; 0 = not an answer
	Heard       time.Duration // assistant: audio the caller heard
	Interrupted bool
}

// Stats counts media.
type Stats struct {
	FramesIn, FramesOut, DroppedIn, Interruptions int64
	FirstAudio                                    time.Duration // answer to first assistant audio
	SilenceFilled                                 time.Duration
}

var _ = audio.FrameDuration
