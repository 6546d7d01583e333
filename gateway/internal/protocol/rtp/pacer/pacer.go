package pacer

import (
	"errors"
	"sync"
	"time"
)

const (
	// Period lies between two ticks of a leg: one frame of every codec.
	Period = 20 * time.Millisecond
	// slots is how many moments of a period legs are spread over.
	slots = 20
	step  = Period / slots
	// maxLate is how late ticks may be and still all be made up for. Beyond it
	// time was lost for everybody, and a burst would only add delay.
	maxLate = 60 * time.Millisecond
)

// ErrClosed is answered by Add after Close.
var ErrClosed = errors.New("the pacer is closed")

// Ticker is what is ticked. Its method is called by one goroutine at a time and
// must not block.
type Ticker interface {
	// Tick is called every Period. due is when it should have been called, a
	// whole number of periods after the due of the call before: more than one
	// if time was lost. Answering false ends the ticks.
	Tick(due time.Time) bool
}

// Pacer ticks what was added to it. Its methods may be called from any
// goroutine.
type Pacer struct {
	shards  []*shard
	done    chan struct{}
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// New starts a pacer of that many goroutines, at least one; GOMAXPROCS suits.
func New(shards int) *Pacer {
	p := &Pacer{done: make(chan struct{})}
	for range max(1, shards) {
		s := &shard{wake: make(chan struct{}, 1)}
		p.shards = append(p.shards, s)
		p.running.Go(func() { s.run(p.done) })
	}
	return p
}

// Add begins to tick t, within one Period.
func (p *Pacer) Add(t Ticker) error {
	p.mu.Lock() // one at a time, or all would choose the same place
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	least := p.shards[0]
	for _, s := range p.shards[1:] {
		if s.len() < least.len() {
			least = s
		}
	}
	least.add(t)
	return nil
}

// Len is how many are being ticked.
func (p *Pacer) Len() int {
	n := 0
	for _, s := range p.shards {
		n += s.len()
	}
	return n
}

// Close ends all ticks and returns after the last.
func (p *Pacer) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.done)
	}
	p.mu.Unlock()
	p.running.Wait()
}
