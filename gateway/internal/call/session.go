package call

import (
	"context"
	"log/slog"
	"sync"
	"time"
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
	// Commit stores the ending, before Leg.End. A transfer that may fail is
	// committed before the platform is asked, and taken back with nil if it did
	// not happen. An error is logged and does not stop the ending.
	Commit func(ctx context.Context, e *Ending) error
	// Observe receives measurements while the call runs; nil drops them.
	Observe Observer
	Log     *slog.Logger

	once  sync.Once
	stops chan Reason
}

// Limits of one call. A duration of zero is no limit.
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

// noticeRate is the sampling rate of Notices in hertz.
const noticeRate = 8000

// Stop makes the call run its fallback and end with the reason; a call that is
// already ending stops waiting for its last words. It returns at once, may be
// called from any goroutine, before, during and after Run, and only the first
// call counts until Run has taken it up.
func (s *Session) Stop(r Reason) {
	s.once.Do(s.init)
	select {
	case s.stops <- r:
	default:
	}
}

func (s *Session) init() { s.stops = make(chan Reason, 1) }
