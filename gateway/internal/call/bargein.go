package call

import "time"

// speechStarted: the caller has begun to speak.
func (o *owner) speechStarted(now time.Time) {
	o.hearing, o.speechAt, o.turnEnd = true, now, time.Time{}
	o.prompted, o.deadline.recover = false, time.Time{}
	o.bargeIn(now)
}

// bargeIn interrupts the assistant if the caller may.
func (o *owner) bargeIn(now time.Time) {
	if _, ok := o.s.Engine.(Directing); ok {
		return
	}
	id, ok := o.play.speaking(now)
	if !ok || (id == o.greeting && !o.s.Limits.GreetingInterruptible) {
		return
	}
	o.interrupt(now)
}

// interrupt silences the assistant: a new generation, without the queue and
// the resampler's tail, then the leg cleared, then the engine told what was
// heard. What the engine still sends of the utterance is ignored.
func (o *owner) interrupt(now time.Time) {
	c, ok := o.play.clear(now, true)
	o.voice.Reset()
	o.stats.Interruptions++
	o.book.dropUnplayed()
	o.talking = noTurn
	t := o.book.turn(c.id)
	if !ok || t == nil {
		return
	}
	t.Interrupted = true
	o.do(Interrupt{Item: t.item, PlayedMS: c.heard.Milliseconds()})
}
