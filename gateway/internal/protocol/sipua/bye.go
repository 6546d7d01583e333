package sipua

import (
	"context"
	"fmt"
	"slices"

	"github.com/emiago/sipgo/sip"
)

// Causes of ITU-T Q.850 in the Reason of a BYE.
const (
	causeNormal       = 16
	causeIncompatible = 88
	causeTimeout      = 102
)

// Goodbye is what a BYE says (RFC 3326).
type Goodbye struct {
	Protocol string // "Q.850" if empty
	Cause    int    // 16, normal clearing, if zero
	Text     string // the outcome
	// Context becomes a header of the BYE; none if its name is empty.
	Context Context
}

// Context is what the platform is told about the call.
type Context struct {
	// Header is "User-to-User" or another name.
	Header string
	Value  string
}

// header gives the context as a header. A value that could end it is dropped.
func (c Context) header() (sip.Header, bool) {
	if c.Header == "" || c.Value == "" || !safe(c.Value) {
		return nil, false
	}
	value := c.Value
	if c.userToUser() {
		value = userToUser(c.Value)
	}
	return sip.NewHeader(c.Header, value), true
}

// Bye ends the call and waits until the other side has heard it, or could not.
// What is to be readable by then must have been stored before.
func (c *Call) Bye(ctx context.Context, g Goodbye) error {
	said := make(chan struct{})
	if !c.offer(func() { c.bye(g, End{Local: true, Cause: CauseBye}, said) }) {
		return ErrEnded
	}
	select {
	case <-said:
		return nil
	case <-c.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bye says BYE, after the ACK if none came yet. A call that was not answered is
// refused.
func (c *Call) bye(g Goodbye, e End, said chan struct{}) {
	finished := func() {
		c.finish(e)
		if said != nil {
			close(said)
		}
	}
	switch c.phase {
	case ringing:
		c.refuse(&Refusal{Status: sip.StatusTemporarilyUnavailable, Reason: ReasonInactive})
		finished()
		return
	case leaving, over:
		return // said is not closed: the end of the call is what the other one waits for
	}
	r := &ownRequest{
		build: func() *sip.Request { c.phase = leaving; return c.build(sip.BYE, g.headers()...) },
		done:  func(*sip.Response, error) { finished() }, // 481 and silence mean that it has ended
	}
	if c.phase == answering {
		c.own.add(c, r) // an ACK or its time-out sends it
		return
	}
	c.phase = leaving
	c.own.waiting = slices.Insert(c.own.waiting, 0, r)
	c.own.next(c)
}

func (g Goodbye) headers() []sip.Header {
	protocol, cause := g.Protocol, g.Cause
	if protocol == "" {
		protocol = "Q.850"
	}
	if cause == 0 {
		cause = causeNormal
	}
	all := []sip.Header{sip.NewHeader("Reason", fmt.Sprintf("%s;cause=%d;text=%q", protocol, cause, printable(g.Text)))}
	if h, ok := g.Context.header(); ok {
		all = append(all, h)
	}
	return all
}
