package platform

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Bounds of what may wait to be played. Twilio publishes none for its own
// queue; a gateway that runs ahead further than this is broken.
const (
	maxQueued = 10 * time.Minute
	maxMarks  = 10_000
)

// playout is the queue of audio on its way to the caller, with the marks in
// it. Positions count bytes since the call began. It is used by one goroutine.
type playout struct {
	queue  []byte // not taken yet
	taken  int64  // position of queue's start
	played int64  // position the caller has heard
	marks  []mark // not echoed yet, in order
}

type mark struct {
	name string
	at   int64
}

// add queues audio; false means that the queue is full.
func (p *playout) add(sound []byte) bool {
	if len(p.queue)+len(sound) > audio.Mulaw8k.Bytes(maxQueued) {
		return false
	}
	p.queue = append(p.queue, sound...)
	return true
}

// mark asks for an echo after everything queued so far; false means that too
// many wait.
func (p *playout) mark(name string) bool {
	if len(p.marks) >= maxMarks {
		return false
	}
	p.marks = append(p.marks, mark{name, p.taken + int64(len(p.queue))})
	return true
}

// clear drops what was not taken and gives the names of all marks. The frame
// that is being heard goes on.
func (p *playout) clear() (dropped int, names []string) {
	dropped = len(p.queue)
	p.taken += int64(dropped)
	p.queue = nil
	for _, m := range p.marks {
		names = append(names, m.name)
	}
	p.marks = p.marks[:0]
	return dropped, names
}

// frame begins the next 20 ms: what was taken before has been heard now. It
// fills frame, with silence where the queue has nothing.
func (p *playout) frame(frame []byte) {
	p.played = p.taken
	n := copy(frame, p.queue)
	p.queue = p.queue[n:]
	p.taken += int64(n)
	audio.Mulaw8k.Silence(frame[n:])
}

// heard gives the names of the marks whose audio was heard, once.
func (p *playout) heard() (names []string) {
	for len(p.marks) > 0 && p.marks[0].at <= p.played {
		names = append(names, p.marks[0].name)
		p.marks = p.marks[1:]
	}
	return names
}
