package dtmf

import (
	"errors"
	"fmt"
)

const (
	// A key is sent for tone packets and the end twice again, one packet every
	// 20 ms; rest is how many frames of silence follow: 100 ms of tone and at
	// least 50 ms without. The repetitions are within those.
	tone    = 5
	repeats = 2
	rest    = 3
	// maxQueued bounds the keys that wait.
	maxQueued = 64
)

// ErrFull is answered by Queue for more keys than may wait.
var ErrFull = errors.New("too many keys are waiting to be sent")

// Step is what a Sender wants in the next 20 ms.
type Step uint8

// Steps.
const (
	Idle  Step = iota // nothing: send audio
	Send              // an event
	Pause             // neither
)

// Sender sends keys, each as a series of packets. One goroutine uses it.
type Sender struct {
	queue []byte
	at    int // frames since the key began
	start uint32
}

// Queue adds keys behind those that wait.
func (s *Sender) Queue(digits string) error {
	if len(s.queue)+len(digits) > maxQueued {
		return ErrFull
	}
	for i := range len(digits) {
		if _, ok := code(digits[i]); !ok {
			return fmt.Errorf("character %d of the keys is no key", i+1)
		}
	}
	s.queue = append(s.queue, digits...)
	return nil
}

// Next is called every 20 ms with the stream's timestamp and the ticks of 20
// ms. For Send it answers the event, the timestamp to send it with and whether
// it has the marker, which only the first packet of a key has.
func (s *Sender) Next(now, ticks uint32) (step Step, e Event, timestamp uint32, marker bool) {
	if len(s.queue) == 0 {
		return Idle, Event{}, 0, false
	}
	if s.at == 0 {
		s.start = now
	}
	s.at++
	e.Code, _ = code(s.queue[0])
	e.Duration = uint16(min(s.at, tone) * int(ticks))
	e.End = s.at >= tone
	switch {
	case s.at <= tone+repeats:
		return Send, e, s.start, s.at == 1
	case s.at < tone+rest:
		return Pause, Event{}, 0, false
	}
	s.queue, s.at = append(s.queue[:0], s.queue[1:]...), 0
	return Pause, Event{}, 0, false
}
