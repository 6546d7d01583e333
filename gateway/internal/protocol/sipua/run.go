package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// run is the goroutine of the dialog.
func (c *Call) run() {
	defer c.leave()
	c.after(ringAfter, c.ring)
	for c.phase != over {
		select {
		case f := <-c.work:
			f()
		case r := <-c.acks():
			c.acked(r) // a second time: the library must be rid of those with the INVITE's branch
		case <-c.s.ctx.Done():
			c.finish(End{Local: true, Cause: CauseLost})
		}
	}
}

func (c *Call) acks() <-chan *sip.Request {
	if c.okay != nil {
		return c.okay.tx.Acks()
	}
	return c.invitation.Acks()
}

// leave releases everything, once. Requests that still wait get their answer.
func (c *Call) leave() {
	for t := range c.timers {
		t.Stop()
	}
	c.s.table.remove(c)
	c.mu.Lock()
	c.closed = true
	early := c.order.early
	c.order.early = nil
	c.mu.Unlock()
	close(c.done)
	c.transferDone(ErrEnded)
	c.own.drop()
	for {
		select {
		case f := <-c.work:
			f()
			continue
		default:
		}
		break
	}
	for _, f := range early {
		f()
	}
}

// offer hands work to run; false when the call has ended or too much waits.
func (c *Call) offer(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.push(f)
}

// push is offer for a holder of mu.
func (c *Call) push(f func()) bool {
	if c.closed {
		return false
	}
	select {
	case c.work <- f:
		return true
	default:
		return false
	}
}

// post hands work to run that must not be lost.
func (c *Call) post(f func()) {
	select {
	case c.work <- f:
	case <-c.done:
	}
}

// after does something later in run, unless the call ends before. The result
// stops it.
func (c *Call) after(d time.Duration, f func()) func() {
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		c.post(func() {
			if _, waits := c.timers[t]; waits {
				delete(c.timers, t)
				f()
			}
		})
	})
	if c.timers == nil {
		c.timers = map[*time.Timer]struct{}{}
	}
	c.timers[t] = struct{}{}
	return func() {
		t.Stop()
		delete(c.timers, t)
	}
}

// finish is the end of the dialog.
func (c *Call) finish(e End) {
	if c.phase == over {
		return
	}
	if c.phase == ringing || c.phase == answering {
		c.s.table.acknowledged(c)
	}
	c.phase = over
	c.mu.Lock()
	c.end = e
	c.mu.Unlock()
}
