package sipua

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"
)

// overtaken is how long a request waits for one that came before it.
const overtaken = 200 * time.Millisecond

// order puts the requests of a dialog back into the order of their arrival: the
// library gives each to a goroutine of its own. It is guarded by the mu of its
// call.
type order struct {
	newest uint32            // CSeq
	queue  []uint32          // those that arrived and were not handed to run
	early  map[uint32]func() // work of those that are not the first of queue
}

// arrive notes a request in the order of arrival. Repeated and stale ones are
// not noted: what becomes of them does not depend on others.
func (c *Call) arrive(r *sip.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := r.CSeq().SeqNo
	if seq > c.order.newest && len(c.order.queue) < maxWork {
		c.order.newest = seq
		c.order.queue = append(c.order.queue, seq)
	}
}

// inOrder hands work to run after that of all requests that arrived before;
// false when the call has ended or too much waits.
func (c *Call) inOrder(seq uint32, f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.Index(c.order.queue, seq)
	if at <= 0 {
		if at == 0 {
			c.order.queue = c.order.queue[1:]
		}
		if !c.push(f) {
			return false
		}
		c.catchUp()
		return true
	}
	if c.closed {
		return false
	}
	if c.order.early == nil {
		c.order.early = map[uint32]func(){}
	}
	c.order.early[seq] = f
	// The one before may never come: it may have been one too many.
	time.AfterFunc(overtaken, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if at := slices.Index(c.order.queue, seq); at > 0 {
			c.order.queue = c.order.queue[at:]
			c.catchUp()
		}
	})
	return true
}

// catchUp hands on what waited for its turn.
func (c *Call) catchUp() {
	for len(c.order.queue) > 0 {
		f, ok := c.order.early[c.order.queue[0]]
		if !ok {
			return
		}
		delete(c.order.early, c.order.queue[0])
		c.order.queue = c.order.queue[1:]
		c.push(f) // a full queue drops it, and the sender repeats it
	}
}
