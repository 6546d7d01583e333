package call

import (
	"log/slog"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// drainGrace is how much longer than the audio itself the last words may take
// to be confirmed by the platform.
const drainGrace = 2 * time.Second

// end ends the call at once.
func (o *owner) end(e Ending, cause error) {
	if o.over {
		return
	}
	o.ending, o.over = e, true
	if cause != nil {
		o.cause = cause
	}
}

// stop is Session.Stop. Last words that are being spoken are cut short.
func (o *owner) stop(now time.Time, r Reason) {
	if o.draining {
		o.over = true
		return
	}
	o.fallback(now, r)
}

// fallback ends a call that the assistant did not end: with a live agent if
// that is wanted and possible. What the assistant was saying is cut off, and
// the caller is told what happens unless it was to be expected.
func (o *owner) fallback(now time.Time, r Reason) {
	if o.draining {
		return
	}
	if o.ringing() {
		o.end(Ending{Reason: r, Outcome: OutcomeFailed}, nil)
		return
	}
	e := Ending{Reason: r, Outcome: OutcomeFallback}
	var say [][]int16
	if r != ReasonMaxDuration && r != ReasonInactivity {
		say = append(say, o.s.Notices.Failed)
	}
	switch {
	case o.s.Limits.FallbackToLiveAgent && o.s.LiveAgent != "":
		e.Outcome, e.Transfer = OutcomeTransferred, &Target{Destination: o.s.LiveAgent}
	case o.s.Limits.FallbackToLiveAgent:
		say = append(say, o.s.Notices.NoLiveAgent)
	}
	if _, ok := o.play.speaking(now); ok {
		o.play.clear(now, true)
		o.voice.Reset()
		o.book.dropUnplayed()
		o.talking = noTurn
	}
	for _, samples := range say {
		o.notice(now, samples)
	}
	o.transfer(now, "", e)
}

// notice queues one of the session's own sentences.
func (o *owner) notice(now time.Time, samples []int16) {
	data, err := audio.Sound{Rate: noticeRate, Samples: samples}.Encode(o.s.Leg.Format())
	if err == nil {
		err = o.play.push(now, noTurn, data)
	}
	if err != nil {
		o.log.LogAttrs(o.alive, slog.LevelWarn, "notice not spoken", slog.Any("error", err))
	}
	o.play.done(now, noTurn)
}

// drain leaves the engine and ends the call once everything queued was played,
// or had the time to be.
func (o *owner) drain(now time.Time, e Ending) {
	if o.draining {
		return
	}
	o.drop(&target{})
	o.finish(now, e)
}

// finish decides how the call ends once the last words were played.
func (o *owner) finish(now time.Time, e Ending) {
	o.deadline.reopen = time.Time{}
	o.draining, o.ending = true, e
	o.play.finish(now)
	o.deadline.drain = now.Add(o.play.remaining(now) + drainGrace)
}
