package platform

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Bounds of what may wait to be played. The gateway runs 200 ms ahead; a machine
// that is busy holds up this end, too.
const (
	maxQueued = 5 * time.Second
	maxMarks  = 100
)

// playout is the queue of audio on its way to the caller, with the marks in it.
// Positions count bytes since the call began.
type playout struct {
	queue  []byte // not taken yet
	taken  int64  // position of queue's start
	played int64  // position the caller has heard
	marks  []mark // not answered yet, in order
}

type mark struct {
	name string
	at   int64
}

// clear drops what was not taken and gives the names of all marks.
func (p *playout) clear() (dropped int, names []string) {
	dropped = len(p.queue)
	p.taken += int64(dropped)
	p.queue = nil
	for _, m := range p.marks {
		names = append(names, m.name)
	}
	p.marks = nil
	return dropped, names
}

// frame begins the next 20 ms: what was taken before has been heard now.
func (p *playout) frame(f audio.Format, frame []byte) {
	p.played = p.taken
	n := copy(frame, p.queue)
	p.queue = p.queue[n:]
	p.taken += int64(n)
	f.Silence(frame[n:])
}

// heard gives the names of the marks whose audio was heard, once.
func (p *playout) heard() (names []string) {
	for len(p.marks) > 0 && p.marks[0].at <= p.played {
		names = append(names, p.marks[0].name)
		p.marks = p.marks[1:]
	}
	return names
}
