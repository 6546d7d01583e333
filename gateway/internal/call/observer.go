package call

import "time"

// Observer receives measurements; its methods must not block.
type Observer interface {
	TurnLatency(d time.Duration)  // end of the caller's turn to first audio sent
	ClearLatency(d time.Duration) // accepted interruption to leg cleared
	FrameDelay(d time.Duration)   // how late a paced frame was
	FramesDropped(n int)          // caller frames the engine did not take
	EngineError(code string)
}

// unobserved drops every measurement.
type unobserved struct{}

func (unobserved) TurnLatency(time.Duration)  {}
func (unobserved) ClearLatency(time.Duration) {}
func (unobserved) FrameDelay(time.Duration)   {}
func (unobserved) FramesDropped(int)          {}
func (unobserved) EngineError(string)         {}
