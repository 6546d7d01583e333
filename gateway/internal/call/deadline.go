package call

import (
	"context"
	"errors"
	"time"
)

// deadlines are moments at which something is due; zero means never.
type deadlines struct {
	limit   time.Time // Limits.MaxDuration is over
	open    time.Time // the engine must have said something
	reopen  time.Time // the next attempt to open it
	answer  time.Time // it must have shown life after a caller turn
	recover time.Time // the caller must hear something after it was re-opened
	play    time.Time // the playout may have become idle
	quiet   time.Time // the platform may have stopped sending audio
	drain   time.Time // last words have had their time
	leg     time.Time // a failed write stands as the reason of the end
	ring    time.Time // the platform gives up; zero when it was told that the call is taken
}

// next is the earliest moment at which tick has something to do.
func (o *owner) next() time.Time {
	d := &o.deadline
	limit := d.limit
	if o.asked() {
		limit = time.Time{} // it counts again when the caller is back
	}
	var first time.Time
	for _, t := range [...]time.Time{
		limit, d.open, d.reopen, d.recover, d.play, d.quiet, d.drain, d.leg, d.ring, o.stalledAt(), o.inactiveAt(),
	} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// tick does what is due.
func (o *owner) tick(ctx context.Context, now time.Time) {
	due := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	d := &o.deadline
	if due(d.leg) {
		d.leg = time.Time{}
		o.lost(Ending{Reason: legReason(o.legError), Outcome: OutcomeFailed}, o.legError)
	}
	if due(d.quiet) {
		d.quiet = o.up.quiet(now)
	}
	if o.draining && !o.asked() && (o.play.over(now) || due(d.drain) || due(d.limit)) {
		o.leave(ctx)
	}
	if o.draining || o.over {
		return
	}
	switch {
	case due(d.limit):
		d.limit = time.Time{}
		o.fallback(now, ReasonMaxDuration)
	case due(d.ring):
		o.fail(now, "open_timeout", errors.New("the engine was not ready before the platform gives up"), false)
	case due(d.open):
		o.fail(now, "open_timeout", errors.New("the engine did not become ready in time"), false)
	case due(d.reopen):
		d.reopen = time.Time{}
		o.open(now, recoverWithin-now.Sub(o.failedAt))
	case due(d.recover):
		o.prompt(now)
	case o.untaken == maxUntaken:
		o.fail(now, "stalled", errors.New("the engine does not take commands"), true)
	case due(o.stalledAt()):
		o.fail(now, "stalled", errors.New("the engine fell silent after the caller's turn"), true)
	case due(o.inactiveAt()) && o.prompted:
		o.fallback(now, ReasonInactivity)
	case due(o.inactiveAt()):
		o.prompt(now)
	}
}

// stalledAt is when the engine has been silent too long after a caller turn.
// What is still being played when the turn ends excuses it: an engine may well
// ignore what is said during a greeting.
func (o *owner) stalledAt() time.Time {
	if o.deadline.answer.IsZero() || !o.idle {
		return time.Time{}
	}
	if t := o.idleSince.Add(answerWithin); t.After(o.deadline.answer) {
		return t
	}
	return o.deadline.answer
}

// inactiveAt is when the caller has been silent too long, while it is the
// caller's turn.
func (o *owner) inactiveAt() time.Time {
	switch {
	case o.s.Limits.InactivityTimeout <= 0, o.draining, o.conv == nil, !o.deadline.open.IsZero(),
		!o.idle, o.hearing, !o.deadline.answer.IsZero():
		return time.Time{}
	}
	return o.idleSince.Add(o.s.Limits.InactivityTimeout)
}

// prompt makes the assistant ask whether the caller is there.
func (o *owner) prompt(now time.Time) {
	o.prompted, o.idleSince, o.deadline.recover = true, now, time.Time{}
	if text := o.s.Limits.InactivityPrompt; text != "" {
		o.do(Say{text})
	}
}
