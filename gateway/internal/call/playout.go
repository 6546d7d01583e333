package call

import (
	"errors"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// maxQueued is how far an engine may be ahead of the caller's ear, in this
	// process and in the platform's queue together.
	maxQueued = 10 * time.Minute
	// maxCues bounds what accompanies the queued audio; ten minutes with a
	// mark every 20 ms stay below it.
	maxCues = 1 << 15
	// markEvery is the distance of marks, hence the precision of the played
	// position on legs whose platform has a queue.
	markEvery = 100 * time.Millisecond
	// echoGrace is how long after the due moment a missing echo counts as
	// played: one lost echo must not hold up the rest of the call.
	echoGrace = 2 * time.Second
	// clockGrace is the same where no echo can come, and covers the way to the
	// platform.
	clockGrace = 100 * time.Millisecond
)

// errQueueFull: the engine is further ahead than maxQueued.
var errQueueFull = errors.New("more than ten minutes of audio are queued")

// playout is the way of the assistant's audio to the caller: what waits to be
// sent, when it is due, and what was played. The owner fills it, the down
// goroutine empties it, mu guards all of it.
//
// It counts in two scales. Queue positions are bytes of assistant audio since
// the last clear. Line positions are bytes sent since the last clear, silence
// included. A new generation begins with each clear.
type playout struct {
	format   audio.Format
	frame    int // bytes of 20 ms
	chunk    int // most frames handed to the leg at once
	buffered bool
	marking  bool
	Playout                // of a buffered leg
	wake     chan struct{} // tells down that there is something to do
	notify   chan struct{} // tells the owner that there is news

	mu        sync.Mutex
	closed    bool
	gen       int
	framesOut int64

	queue    byteRing
	cues     fifo[cue]
	pushed   int64 // queue position behind the last byte that came in
	taken    int64 // queue position behind the last byte that was sent
	pushing  int   // utterance that is being pushed
	pushOpen bool
	starved  int       // frames of silence sent since the last push
	waiting  time.Time // since when the head of the queue has waited
	enough   int       // bytes in the queue that are worth waking down for

	line      int64     // line position behind the last byte sent
	audioEnd  int64     // line position behind the last assistant audio sent
	sentUntil time.Time // when everything sent will have been played
	sending   int       // utterance that is being sent
	sentOf    int64     // bytes of it that were sent
	sinceMark int       // bytes sent since the last mark, unless all silence
	markDue   bool
	endDue    bool
	markSeq   int

	utterances fifo[utterance] // not fully played
	runs       fifo[run]       // where they lie on the line
	ledger     fifo[entry]     // marks without an echo
	marks      fifo[engineMark]

	echoes    bool  // the platform answers marks
	echoed    bool  // it answered one of this generation
	confirmed int64 // line position of the last mark answered or given up
	echoLine  int64 // line position of the last mark answered
	echoAt    time.Time

	clearing  bool
	clearFrom time.Time
	ended     bool // the end cue was played
	empty     bool // the platform was given nothing since it said, or was told, that nothing is left

	news fifo[news]
}

// cue is something that happens when the audio before it was sent.
type cue struct {
	at   int64 // queue position
	kind cueKind
	id   int    // utterance
	name string // engine mark
}

type cueKind uint8

const (
	cueStart cueKind = iota + 1 // the utterance begins
	cueDone                     // the utterance is complete
	cueMark                     // an engine mark
	cueEnd                      // the last thing of the call
)

// utterance is one that began in this generation and was not fully played.
type utterance struct {
	id      int
	started bool
	end     int64 // line position behind it, -1 while it is not complete
	sent    int64 // its bytes, once it is complete
}

// run is a stretch of the line that holds audio of one utterance.
type run struct {
	line int64
	n    int64
	id   int
	pos  int64 // bytes of the utterance before the run
}

// entry is a mark the platform has not answered.
type entry struct {
	seq  int
	line int64
	due  time.Time // when it counts as played without an answer
	end  bool      // the last mark of the call
}

type engineMark struct {
	name string
	line int64
}

// news is what the owner learns of the playout.
type news struct {
	kind  newsKind
	id    int           // utterance
	at    time.Time     // newsStarted
	heard time.Duration // newsEnded
	mark  string        // newsMark
}

type newsKind uint8

const (
	newsStarted newsKind = iota + 1 // the first audio of an utterance was sent
	newsEnded                       // an utterance was played or cleared
	newsMark                        // audio up to an engine mark was played or cleared
)

func newPlayout(leg Leg, now time.Time) *playout {
	p := &playout{
		format:    leg.Format(),
		wake:      make(chan struct{}, 1),
		notify:    make(chan struct{}, 1),
		sentUntil: now,
		empty:     true,
	}
	p.frame = p.format.FrameBytes()
	if b, ok := leg.(Buffered); ok {
		p.buffered, p.Playout = true, b.Playout()
	}
	_, p.marking = leg.(Marking)
	p.chunk = int(max(markEvery, p.First, p.Piece) / audio.FrameDuration)
	return p
}

// push queues audio of an utterance.
func (p *playout) push(now time.Time, id int, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ahead := p.format.Duration(p.queue.n+len(data)) + max(0, p.sentUntil.Sub(now))
	// The frame that is being played right now does not count.
	if ahead > maxQueued+audio.FrameDuration || p.cues.n >= maxCues {
		return errQueueFull
	}
	if !p.pushOpen || id != p.pushing {
		p.cues.push(cue{at: p.pushed, kind: cueStart, id: id})
		p.utterances.push(utterance{id: id, end: -1})
		p.pushing, p.pushOpen = id, true
	}
	if p.queue.n == 0 {
		p.waiting = now
	}
	p.queue.write(data)
	p.pushed += int64(len(data))
	p.starved = 0
	if p.queue.n >= p.enough {
		signal(p.wake)
	}
	return nil
}

// done completes an utterance, if it is the one being pushed.
func (p *playout) done(now time.Time, id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pushOpen && id == p.pushing {
		p.pushOpen = false
		p.addCue(now, cue{kind: cueDone, id: p.pushing})
	}
}

// mark queues an engine mark.
func (p *playout) mark(now time.Time, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cues.n >= maxCues {
		return errQueueFull
	}
	p.addCue(now, cue{kind: cueMark, name: name})
	return nil
}

// finish queues the end of the call's audio.
func (p *playout) finish(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pushOpen = false
	p.addCue(now, cue{kind: cueEnd})
}

// resume takes back finish.
func (p *playout) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended, p.endDue = false, false
}

// addCue queues c behind everything pushed so far. mu is held.
func (p *playout) addCue(now time.Time, c cue) {
	c.at = p.pushed
	p.cues.push(c)
	p.reach(now, false)
	signal(p.wake)
}

// close makes the down goroutine return.
func (p *playout) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	signal(p.wake)
}

// cut is what a clear cut off.
type cut struct {
	id    int
	heard time.Duration
}

// clear drops everything that was not played and begins a new generation. It
// answers what the caller was hearing; ok is false if that was nothing. If leg
// is set, the down goroutine clears the leg before it sends anything else.
func (p *playout) clear(now time.Time, leg bool) (c cut, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle(now)
	at := p.played(now)
	for i := range p.utterances.n {
		u := p.utterances.at(i)
		heard := p.format.Duration(int(p.heard(u, at)))
		if i == 0 {
			c, ok = cut{u.id, heard}, true
		}
		p.news.push(news{kind: newsEnded, id: u.id, heard: heard})
	}
	for p.marks.n > 0 {
		p.tell(p.marks.pop().name)
	}
	for p.cues.n > 0 {
		if c := p.cues.pop(); c.kind == cueMark {
			p.tell(c.name)
		}
	}
	p.queue.reset()
	p.utterances.reset()
	p.runs.reset()
	p.ledger.reset()
	p.pushed, p.taken, p.pushOpen, p.starved = 0, 0, false, 0
	p.line, p.audioEnd, p.sinceMark, p.markDue, p.endDue = 0, 0, 0, false, false
	p.echoed, p.confirmed = false, 0
	p.gen++
	p.clearing, p.clearFrom = leg, now
	p.empty = p.empty || leg
	signal(p.wake)
	return c, ok
}

// forgetMarks drops the marks of an engine that is gone.
func (p *playout) forgetMarks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marks.reset()
	for i := range p.cues.n {
		p.cues.at(i).name = ""
	}
}

// poll appends the news to dst and forgets them. It also reports whether
// everything was played; if not, it may become so at the given moment without
// further news, and the zero time means that it cannot.
func (p *playout) poll(now time.Time, dst []news) (_ []news, idle bool, again time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.settle(now)
	for p.news.n > 0 {
		dst = append(dst, p.news.pop())
	}
	idle, again = p.idle(now, at)
	return dst, idle, again
}

// tell makes news of an engine mark. mu is held.
func (p *playout) tell(mark string) {
	if mark != "" {
		p.news.push(news{kind: newsMark, mark: mark})
		signal(p.notify)
	}
}

func (p *playout) sentFrames() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.framesOut
}

// signal wakes the receiver of a channel with room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
