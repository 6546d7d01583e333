package call

import (
	"context"
	"errors"
	"strings"
	"time"
)

// keys are the keys a telephone can have.
const keys = "0123456789*#ABCD"

// legGrace is how long a failed write waits for the reader to say that the
// caller hung up, which breaks the write as well.
const legGrace = 250 * time.Millisecond

// input handles what the platform sent besides audio.
func (o *owner) input(in input) {
	switch in.Kind {
	case InputMark:
		o.play.echo(in.Mark, in.at)
	case InputDrained:
		o.play.drained(in.at)
	case InputDTMF:
		if !o.draining {
			o.key(in.at, in.Digit)
		}
	case InputHangup:
		o.lost(Ending{Reason: ReasonCallerHangup, Outcome: OutcomeCallerHangup}, nil)
	}
}

// key handles a pressed key. The digit goes to the engine and nowhere else.
func (o *owner) key(at time.Time, digit byte) {
	if strings.IndexByte(keys, digit) < 0 {
		o.stats.DroppedDigits++
		return
	}
	o.book.add(turn{TurnRecord: TurnRecord{Role: RoleCaller, Text: keyPress, At: at.Sub(o.answered)}})
	// The stall watchdog stays off: an engine that collects several keys
	// rightly says nothing after the first. Inactivity covers it.
	o.turnEnd, o.idleSince, o.prompted = at, at, false
	if o.s.Limits.DTMFInterrupts {
		o.bargeIn(time.Now())
	}
	switch {
	case o.conv != nil:
		o.do(DTMF{digit})
	case len(o.digits) < maxDigits:
		o.digits = append(o.digits, digit)
	default:
		o.stats.DroppedDigits++
	}
}

// callerGone: nothing more comes from the platform.
func (o *owner) callerGone(ctx context.Context, err error) {
	for len(o.inputs) > 0 {
		o.input(<-o.inputs)
	}
	switch {
	case o.over:
	case ctx.Err() != nil:
		o.aborted(ctx)
	case o.legError != nil:
		o.lost(Ending{Reason: legReason(o.legError), Outcome: OutcomeFailed}, errors.Join(o.legError, err))
	default:
		o.lost(Ending{Reason: legReason(err), Outcome: OutcomeFailed}, err)
	}
}

// sendingFailed: nothing more can be sent to the platform.
func (o *owner) sendingFailed(now time.Time, err error) {
	o.legError = err
	switch {
	case err == nil:
	case errors.Is(err, ErrStalled):
		o.lost(Ending{Reason: ReasonLegStalled, Outcome: OutcomeFailed}, err)
	default:
		o.deadline.leg = now.Add(legGrace)
	}
}

func legReason(err error) Reason {
	var said *LegError
	if errors.As(err, &said) {
		return said.Reason
	}
	if errors.Is(err, ErrStalled) {
		return ReasonLegStalled
	}
	return ReasonLegFailed
}

// aborted: the gateway gives the call no more time. An ending that was decided
// stands.
func (o *owner) aborted(ctx context.Context) {
	if o.draining {
		o.over = true
		return
	}
	o.end(Ending{Reason: ReasonDrainTimeout, Outcome: OutcomeFailed}, context.Cause(ctx))
}
