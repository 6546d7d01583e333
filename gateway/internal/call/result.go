package call

import "time"

// Result is the record of a finished call.
type Result struct {
	Ending
	Answered time.Time
	Ended    time.Time
	Turns    []TurnRecord // in the order they were heard
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
	DroppedDigits                                 int64         // keys that do not exist
	FirstAudio                                    time.Duration // answer to first assistant audio
	SilenceFilled                                 time.Duration
}
