package call

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// openTimeout bounds the first opening, until the engine says something.
	openTimeout = 5 * time.Second
	// answerWithin is how long after a caller turn the engine may say nothing
	// at all. Models that freeze after an interruption are a known defect.
	answerWithin = 10 * time.Second
	// recoverWithin is how long the caller waits, after the engine failed,
	// until somebody speaks: a new conversation or the notice.
	recoverWithin = 3 * time.Second
	// reopenPause lies between attempts to open an engine that refuses.
	reopenPause = 300 * time.Millisecond
	maxReopen   = 3
	// commandTimeout bounds Conversation.Do, during which the owner serves
	// nothing else.
	commandTimeout = time.Second
	// maxUntaken is how many commands in a row may run into that bound.
	maxUntaken = 3
	// maxDigits is how many keys wait for a conversation.
	maxDigits = 32
)

// open begins to open a conversation.
func (o *owner) open(now time.Time, within time.Duration) {
	c := o.config
	c.History = append(c.History[:len(c.History):len(c.History)], o.book.history()...)
	// An engine that is opened again must not greet again.
	c.CallerFirst = c.CallerFirst || o.spoken
	o.deadline.open = now.Add(within)
	ctx, cancel := context.WithTimeout(o.alive, within)
	o.readers.Go(func() {
		defer cancel()
		conv, err := o.s.Engine.Open(ctx, c)
		o.work <- func(now time.Time) { o.conversation(now, conv, err) }
	})
}

// conversation takes up an opened conversation.
func (o *owner) conversation(now time.Time, conv Conversation, err error) {
	switch {
	case err != nil && (o.draining || o.over):
		return
	case err != nil:
		o.fail(now, "open", err, !errors.Is(err, context.DeadlineExceeded))
		return
	case o.draining || o.over:
		conv.Close()
		return
	}
	o.answer(now)
	o.conv, o.events = conv, conv.Events()
	o.up.target.Store(&target{conv})
	if o.reopened > 0 && !o.turnEnd.IsZero() {
		o.deadline.recover = o.failedAt.Add(recoverWithin)
	}
	for _, digit := range o.digits {
		o.do(DTMF{digit})
	}
	o.digits = nil
}

// fail ends the conversation. It is opened again if that may help and the
// caller need not wait too long for it; else the call falls back.
func (o *owner) fail(now time.Time, code string, err error, retry bool) {
	o.observe.EngineError(code)
	o.log.LogAttrs(o.alive, slog.LevelWarn, "engine failed", slog.String("reason", code), slog.Any("error", err))
	opened := o.conv != nil
	o.drop(nil)
	if o.failedAt.IsZero() {
		o.failedAt = now
	}
	again := now
	if !opened {
		again = now.Add(reopenPause)
	}
	if !retry || o.reopened >= maxReopen || again.Sub(o.failedAt) >= recoverWithin {
		o.cause = err
		o.fallback(now, ReasonEngineFailed)
		return
	}
	o.reopened++
	o.deadline.reopen = again
}

// drop closes the conversation, if there is one; caller audio then goes to t.
func (o *owner) drop(t *target) {
	o.up.target.Store(t)
	o.deadline.open, o.deadline.answer, o.deadline.recover = time.Time{}, time.Time{}, time.Time{}
	o.hearing = false
	if o.conv == nil {
		return
	}
	o.conv.Close()
	o.conv, o.events, o.untaken = nil, nil, 0
	o.complete()
	o.book.epoch++
	o.play.forgetMarks()
}

// complete ends what the engine was saying.
func (o *owner) complete() {
	if t := o.book.turn(o.talking); t != nil {
		t.done = true
		_ = o.flush(time.Now()) // a full queue can do without the last milliseconds
	}
}

// do hands a command to the conversation, if there is one. One that does not
// take its commands is stalled, which tick sees.
func (o *owner) do(c Command) {
	if o.conv == nil || o.untaken == maxUntaken {
		return
	}
	ctx, cancel := context.WithTimeout(o.alive, commandTimeout)
	defer cancel()
	err := o.conv.Do(ctx, c)
	if errors.Is(err, context.DeadlineExceeded) {
		o.untaken++
	} else {
		o.untaken = 0
	}
	if err != nil {
		o.observe.EngineError("command")
		o.log.LogAttrs(ctx, slog.LevelDebug, "engine did not take a command", slog.Any("error", err))
	}
}
