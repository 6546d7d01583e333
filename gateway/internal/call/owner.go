package call

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// owner is the state of a running call. Run's goroutine alone touches it; up
// and down only send to its channels and share the playout.
type owner struct {
	s        *Session
	log      *slog.Logger
	observe  Observer
	play     *playout
	up       *upstream
	inputs   chan input
	work     chan func(now time.Time) // for the owner, from the other goroutines
	readers  sync.WaitGroup           // up, the engine being opened, a transfer
	writer   sync.WaitGroup           // down
	answered time.Time

	// The conversation.
	config   Config
	voice    *audio.Transcoder // engine to leg
	scratch  []byte
	unusable error // no transcoding is possible
	conv     Conversation
	events   <-chan Event
	alive    context.Context // ends with the caller, so that no engine call outlives the call
	deadline deadlines
	reopened int       // conversations opened again
	untaken  int       // commands in a row that were not taken in time
	failedAt time.Time // begin of the failure that is being recovered from
	digits   []byte    // pressed while no conversation was open

	// The talk.
	book      book
	talking   int       // turn whose audio came last
	greeting  int       // turn that is the greeting, noTurn before it began
	spoken    bool      // assistant audio was sent
	hearing   bool      // the caller speaks
	speechAt  time.Time // since when, for the record
	turnEnd   time.Time // end of a caller turn that has no answer yet
	idle      bool      // everything was played
	idleSince time.Time // when it was, or the caller last did something
	prompted  bool      // the inactivity prompt was spoken
	news      []news
	stats     Stats

	// The end.
	ending    Ending
	draining  bool  // decided, last words are being played
	away      *away // the platform is being asked for it
	committed bool  // the ending was stored
	over      bool
	cause     error
	legError  error // of down, while up may still know better
}

// start begins all goroutines of the call.
func (o *owner) start(ctx context.Context) {
	alive, dead := context.WithCancel(ctx)
	o.alive = alive
	o.readers.Go(func() {
		defer dead()
		err := o.up.run(ctx)
		o.work <- func(time.Time) { o.callerGone(ctx, err) }
	})
	d := &downstream{leg: o.s.Leg, play: o.play, observe: o.observe}
	o.writer.Go(func() {
		err := d.run(ctx)
		o.work <- func(now time.Time) { o.sendingFailed(now, err) }
	})

	o.deadline.quiet = o.answered.Add(quietAfter)
	if o.s.Limits.MaxDuration > 0 {
		o.deadline.limit = o.answered.Add(o.s.Limits.MaxDuration)
	}
	if o.unusable != nil {
		o.fail(o.answered, "format", o.unusable, false)
		return
	}
	o.open(o.answered, openTimeout)
}

// loop serves the call until it is over.
func (o *owner) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var set time.Time // the timer may be early, since most deadlines move away
	for !o.over {
		if next := o.next(); !next.IsZero() && (set.IsZero() || next.Before(set)) {
			set = next
			timer.Reset(time.Until(next))
		}
		select {
		case e, ok := <-o.events:
			o.event(time.Now(), e, ok)
		case in := <-o.inputs:
			o.input(in)
		case f := <-o.work:
			f(time.Now())
		case r := <-o.s.stops:
			o.stop(time.Now(), r)
		case <-o.play.notify:
		case <-timer.C:
			set = time.Time{}
		case <-ctx.Done():
			o.aborted(ctx)
		}
		now := time.Now()
		o.absorb(now)
		o.tick(ctx, now)
	}
}

// lateWork does what came too late: nothing, but to give back what was opened.
func (o *owner) lateWork(now time.Time) {
	for {
		select {
		case f := <-o.work:
			f(now)
		default:
			return
		}
	}
}

// commit stores an ending, or with nil that there is none yet.
func (o *owner) commit(ctx context.Context, e *Ending) {
	if o.s.Commit == nil {
		return
	}
	bounded, done := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer done()
	if err := o.s.Commit(bounded, e); err != nil {
		o.log.LogAttrs(ctx, slog.LevelError, "outcome not stored", slog.Any("error", err))
	}
}

// absorb takes in what became of the audio that was queued.
func (o *owner) absorb(now time.Time) {
	var idle bool
	o.news, idle, o.deadline.play = o.play.poll(now, o.news[:0])
	for _, n := range o.news {
		t := o.book.turn(n.id)
		switch {
		case n.kind == newsMark:
			o.do(Played{n.mark})
		case t == nil:
		case n.kind == newsStarted:
			o.started(t, n.at)
		case n.kind == newsEnded:
			t.Heard += n.heard
			t.played = true
		}
	}
	if idle && !o.idle {
		o.idleSince = now
	}
	o.idle = idle
}

// started dates an assistant turn by its first audio.
func (o *owner) started(t *turn, at time.Time) {
	if t.sent {
		return
	}
	t.sent, t.At = true, at.Sub(o.answered)
	if !o.spoken {
		o.spoken, o.stats.FirstAudio = true, t.At
	}
	if !t.answers.IsZero() {
		t.Latency = at.Sub(t.answers)
		o.observe.TurnLatency(t.Latency)
	}
}

// result is the record of the call, after every goroutine has ended.
func (o *owner) result(ended time.Time) Result {
	o.stats.FramesIn, o.stats.DroppedIn, o.stats.SilenceFilled = o.up.framesIn, o.up.dropped, o.up.filled
	o.stats.FramesOut = o.play.sentFrames()
	return Result{
		Ending: o.ending, Answered: o.answered, Ended: ended,
		Turns: o.book.records(), Stats: o.stats,
	}
}
