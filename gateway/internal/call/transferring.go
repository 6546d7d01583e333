package call

import (
	"context"
	"log/slog"
	"time"
)

// Transferring is a leg whose platform says whether a transfer worked, and where
// the call goes on if it did not. Other legs are transferred by their End.
type Transferring interface {
	Leg
	// Transfer asks the platform to take the caller to e.Transfer. The ending was
	// committed before. It is called by a goroutine of its own while silence is
	// sent, at most once at a time, and returns soon after the platform ended the
	// call. nil means that the caller is gone; End follows. After an error the
	// call goes on, unless the platform ended it.
	Transfer(ctx context.Context, e Ending) error
}

// transferFailed is the Err of the ToolResult for a transfer that was tried.
const transferFailed = "transfer_failed"

// away is a transfer that the platform is asked for, once the last words were
// played. The conversation is kept, but neither hears nor is heard.
type away struct {
	tool  string // the engine's call that wants it; "" if that is the fallback
	asked bool
	lost  *Ending // what the call ends with if the transfer did not happen
	cause error   // of that
}

// asked reports whether the platform's answer is waited for.
func (o *owner) asked() bool { return o.away != nil && o.away.asked }

// transfer ends the call, by handing the caller over if e says so: for a tool
// call of the engine, or without one for the fallback.
func (o *owner) transfer(now time.Time, tool string, e Ending) {
	if _, ok := o.s.Leg.(Transferring); !ok || e.Transfer == nil {
		o.drain(now, e)
		return
	}
	if o.draining {
		return
	}
	if tool == "" {
		o.drop(&target{})
	} else {
		o.mute()
	}
	o.away = &away{tool: tool}
	o.finish(now, e)
}

// mute keeps the conversation, but lets nobody hear it, nor it anybody.
func (o *owner) mute() {
	o.up.target.Store(&target{})
	o.deadline.open, o.deadline.answer, o.deadline.recover = time.Time{}, time.Time{}, time.Time{}
	o.hearing = false
	o.complete()
}

// leave is what follows the last words: the end, or the question to the platform.
func (o *owner) leave(ctx context.Context) {
	o.deadline.drain = time.Time{}
	if o.away == nil {
		o.over = true
		return
	}
	o.away.asked = true
	e := o.ending
	o.readers.Go(func() {
		o.commit(ctx, &e)
		err := o.s.Leg.(Transferring).Transfer(ctx, e)
		o.work <- func(now time.Time) { o.transferred(ctx, now, err) }
	})
}

// transferred takes up the platform's answer.
func (o *owner) transferred(ctx context.Context, now time.Time, err error) {
	switch a := o.away; {
	case o.over:
	case err == nil:
		o.committed, o.over = true, true
	case a.lost != nil:
		o.end(*a.lost, a.cause)
	default:
		o.back(ctx, now, err)
	}
}

// lost ends the call, whose leg has gone. While the platform is asked for a
// transfer, that is to be expected, and its answer tells.
func (o *owner) lost(e Ending, cause error) {
	switch {
	case !o.asked():
		o.end(e, cause)
	case o.away.lost == nil:
		o.away.lost, o.away.cause = &e, cause
	}
}

// back takes the caller back after a transfer that did not happen. An engine
// that wanted it says what is next; nobody is asked again for the fallback.
func (o *owner) back(ctx context.Context, now time.Time, err error) {
	o.commit(ctx, nil)
	o.log.LogAttrs(o.alive, slog.LevelWarn, "transfer did not happen", slog.Any("error", err))
	tool, reason := o.away.tool, o.ending.Reason
	o.away, o.draining, o.ending = nil, false, Ending{}
	o.play.resume()
	if o.conv == nil {
		o.nobody(now, reason)
		return
	}
	o.up.target.Store(&target{o.conv})
	o.idleSince = now
	o.do(ToolResult{ID: tool, Err: transferFailed})
	o.deadline.answer = now.Add(answerWithin)
}

// nobody ends a call whose fallback found no live agent.
func (o *owner) nobody(now time.Time, r Reason) {
	if r == ReasonTransfer { // which the engine wanted, but it has gone meanwhile
		r = ReasonEngineFailed
	}
	o.notice(now, o.s.Notices.NoLiveAgent)
	o.drain(now, Ending{Reason: r, Outcome: OutcomeFallback})
}

// meanwhile handles an event of the conversation during a transfer.
func (o *owner) meanwhile(e Event, ok bool) {
	switch {
	case !ok || e.Kind == EventEnd:
		o.drop(&target{})
	case e.Kind == EventToolCall:
		o.do(ToolResult{ID: e.ID, Err: "transferring"})
	}
}
