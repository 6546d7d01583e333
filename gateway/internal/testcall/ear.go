package testcall

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// loudness is the level in dBFS from which a frame is speech. Assistants
	// are heard without line noise.
	loudness = -50
	// steadiness is how many loud frames in a row begin speech; one may be a
	// click.
	steadiness = 2
	// sentencePause is the silence after which speech has ended; pauses
	// between sentences are shorter.
	sentencePause = 700 * time.Millisecond
)

func loud(samples []int16) bool { return audio.RMS(samples) >= loudness }

// change is what a frame changed.
type change uint8

const (
	nothing change = iota
	began          // the assistant speaks, since ear.onset
	ended          // it has been silent for sentencePause, since ear.last
)

// ear tells from energy when the assistant speaks.
type ear struct {
	speaking bool
	onset    time.Duration // of the last speech
	last     time.Duration // end of its last loud frame
	run      int           // loud frames in a row
}

// hear takes the frame that begins at the given time.
func (e *ear) hear(at time.Duration, samples []int16) change {
	if !loud(samples) {
		e.run = 0
		if e.speaking && at+audio.FrameDuration-e.last >= sentencePause {
			e.speaking = false
			return ended
		}
		return nothing
	}
	e.run++
	e.last = at + audio.FrameDuration
	if !e.speaking && e.run >= steadiness {
		e.speaking = true
		e.onset = at - (steadiness-1)*audio.FrameDuration
		return began
	}
	return nothing
}

// cut says that what was being spoken was dropped.
func (e *ear) cut() { e.speaking, e.run = false, 0 }
