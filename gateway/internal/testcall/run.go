package testcall

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// ErrTimeout ends a call that took longer than Plan.Timeout.
var ErrTimeout = errors.New("the call took too long")

// Run places the call and follows the script until the gateway ends the call
// or, after the last step, the assistant has fallen silent. The report holds
// what there was also when there is an error. Errors: *channel.RefusedError
// when the gateway said no; ErrTimeout; what the platform has to complain of.
func Run(ctx context.Context, p Plan) (Report, error) {
	report := Report{Turns: []*Turn{}}
	script, err := p.prepare(ctx) // before the call, so that the caller never hesitates
	if err != nil {
		return report, err
	}
	timeout := cmp.Or(p.Timeout, DefaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("%w: more than %v", ErrTimeout, timeout))
	defer cancel()
	line, err := p.Dialer.Dial(ctx, p.Placement)
	if err != nil {
		return report, fmt.Errorf("place the call: %w", err)
	}
	report.ProviderCallID = line.ProviderCallID()
	spoken := converse(line, script, p.CallerFirst, &report)
	report.End, err = line.Wait(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = errors.Join(cause, err)
	}
	if !report.End.ByGateway {
		err = errors.Join(spoken, err) // else the caller was cut short, no fault
	}
	return report, err
}

// converse runs the caller until the line ends.
func converse(line channel.Line, script []action, callerFirst bool, report *Report) error {
	f := line.Format()
	report.Heard.Rate = f.Rate
	var failed error
	for i := range script {
		failed = errors.Join(failed, script[i].cut(f))
	}
	if failed != nil {
		line.Hangup()
	}
	c := newCaller(script, callerFirst, report)
	for h := range line.Heard() {
		heard := f.Codec.AppendDecode(nil, h.Frame)
		report.Heard.Samples = append(report.Heard.Samples, heard...)
		if failed == nil {
			failed = do(line, c.hear(h, heard))
		}
	}
	return failed
}

// do carries out what the caller does in one frame.
func do(line channel.Line, d deed) error {
	for _, frame := range d.speech {
		if err := line.Send(frame); err != nil {
			return err
		}
	}
	switch {
	case d.key != 0:
		return line.Press(d.key)
	case d.hangup:
		line.Hangup()
	}
	return nil
}
