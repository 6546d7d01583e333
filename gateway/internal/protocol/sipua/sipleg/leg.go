package sipleg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// byeWait is how long the platform may take to answer a BYE before the leg
// counts as ended anyway.
const byeWait = 5 * time.Second

// Ways says how a leg ends towards its platform.
type Ways struct {
	// Refer is the address that a transferred caller is referred to; without
	// one, a transfer is a BYE, and the platform's flow goes on.
	Refer string
	// Context is told the platform with a transfer.
	Context func(e call.Ending) sipua.Context
	// Failed hears of a transfer that did not happen. The call then ends with
	// BYE, since its outcome is committed.
	Failed func(error)
}

// Leg is a SIP call as the session sees it.
type Leg struct {
	call  *sipua.Call
	media *Media
	ways  Ways

	watching sync.WaitGroup // for keys and the end of the dialog
	stop     chan struct{}  // of that
	hungUp   bool           // belongs to the goroutine of Next
	once     sync.Once
}

var (
	_ call.Leg     = (*Leg)(nil)
	_ call.Clocked = (*Leg)(nil)
)

// New makes the leg of an answered call. It must be ended with End or Close.
func New(c *sipua.Call, m *Media, w Ways) *Leg {
	l := &Leg{call: c, media: m, ways: w, stop: make(chan struct{})}
	l.watching.Go(l.watch)
	return l
}

// watch hands on keys of the signalling and stops media with the dialog, at
// once.
func (l *Leg) watch() {
	for {
		select {
		case key := <-l.call.Digits():
			l.media.rtp.Digit(key)
		case <-l.call.Done():
			l.media.Close()
			return
		case <-l.stop:
			return
		}
	}
}

// Format implements call.Leg.
func (l *Leg) Format() audio.Format { return audio.Mulaw8k }

// Next implements call.Leg.
func (l *Leg) Next() (call.Input, error) {
	in, err := l.media.rtp.Next()
	switch {
	case err == nil:
		return l.input(in), nil
	case errors.Is(err, net.ErrClosed) && !l.hungUp && l.byPlatform():
		l.hungUp = true
		return call.Input{Kind: call.InputHangup}, nil
	case errors.Is(err, rtp.ErrTimeout):
		return call.Input{}, &call.LegError{Reason: call.ReasonNoMedia, Err: err}
	}
	return call.Input{}, err
}

func (l *Leg) input(in rtp.Input) call.Input {
	switch in.Kind {
	case rtp.Digit:
		return call.Input{Kind: call.InputDTMF, Digit: in.Digit}
	case rtp.Fill:
		return call.Input{Kind: call.InputFill, Data: in.Data}
	}
	l.media.heard.Store(int64(time.Since(l.media.began)))
	return call.Input{Kind: call.InputAudio, Data: in.Data}
}

// byPlatform reports whether the other side ended the dialog.
func (l *Leg) byPlatform() bool {
	select {
	case <-l.call.Done():
		return !l.call.End().Local
	default:
		return false
	}
}

// errClocked is the answer of Write, which nobody calls on a leg with a clock.
var errClocked = errors.New("a leg with a clock of its own is not written to")

// Write implements call.Leg.
func (l *Leg) Write([]byte) error { return errClocked }

// Play implements call.Clocked.
func (l *Leg) Play(next func(due time.Time, frame []byte) bool) error { return l.media.rtp.Play(next) }

// End implements call.Leg: REFER or BYE for a transfer, BYE for everything
// else. What was decided has been stored: the platform may ask at once.
func (l *Leg) End(ctx context.Context, e call.Ending) error {
	defer l.Close(ctx)
	if l.byPlatform() {
		return nil
	}
	bye := sipua.Goodbye{Text: string(e.Outcome)}
	if e.Transfer != nil && l.ways.Context != nil {
		bye.Context = l.ways.Context(e)
	}
	if e.Transfer != nil && l.ways.Refer != "" {
		err := l.call.Refer(ctx, sipua.Transfer{Address: l.ways.Refer, Context: bye.Context})
		if err == nil {
			return nil
		}
		if l.ways.Failed != nil {
			l.ways.Failed(err)
		}
		bye = sipua.Goodbye{Text: string(call.OutcomeFailed)}
	}
	// The transfer may have taken all of the time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), byeWait)
	defer cancel()
	if err := l.call.Bye(ctx, bye); err != nil && !errors.Is(err, sipua.ErrEnded) {
		return fmt.Errorf("end the sip call: %w", err)
	}
	return nil
}

// Close ends the dialog if it goes on and gives everything back. After End it
// does nothing.
func (l *Leg) Close(ctx context.Context) {
	l.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, byeWait)
		defer cancel()
		_ = l.call.Bye(ctx, sipua.Goodbye{}) // it may have ended
		close(l.stop)
		l.watching.Wait()
		l.media.Close()
	})
}
