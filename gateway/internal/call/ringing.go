package call

import "time"

// Ringing is a leg whose platform waits to be told that the assistant takes the
// call. A call that is not taken ends at once, without last words. Where nothing
// may be sent before, the leg is Sparse: others get silence from the beginning.
type Ringing interface {
	Leg
	// Answer tells the platform. It is called once, when the conversation was
	// opened, before any other method but Next and End.
	Answer() error
	// RingUntil is when the platform gives up.
	RingUntil() time.Time
}

// ring begins to wait for a conversation, if the leg is ringing.
func (o *owner) ring() {
	if l, ok := o.s.Leg.(Ringing); ok {
		o.deadline.ring = l.RingUntil()
	}
}

// ringing reports whether the platform was not told yet.
func (o *owner) ringing() bool { return !o.deadline.ring.IsZero() }

// answer tells a ringing leg that the assistant takes the call.
func (o *owner) answer(now time.Time) {
	if !o.ringing() {
		return
	}
	o.deadline.ring, o.idleSince = time.Time{}, now
	if err := o.s.Leg.(Ringing).Answer(); err != nil {
		o.sendingFailed(now, err)
	}
}
