package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	speechAhead = 25  // frames Send may run ahead before it blocks
	heardBehind = 250 // frames Heard may lie unread before the call is given up
	closeWait   = 5 * time.Second
	catchUp     = time.Millisecond // pace of frames that are late
)

// Values of channel.LineEnd.Next.
const (
	nextHangup   = "hangup"
	nextTransfer = "transfer"
)

// Queue is the target of a transfer that names none: the platform's own queue.
const Queue = "queue"

// Errors of a line.
var (
	ErrOver   = errors.New("the call is over")
	errUnread = errors.New("nobody listens to what the caller hears")
)

// line is one placed call. One goroutine owns it, a second one reads.
type line struct {
	id   string
	wire wire

	mu         sync.Mutex
	playout    playout
	cleared    bool // to be told with the next frame
	violations []string
	end        channel.LineEnd

	speech chan []byte
	keys   chan byte
	heard  chan channel.Heard
	gone   chan error // sent once

	hangup     chan struct{}
	hangupOnce sync.Once
	cancel     context.CancelFunc
	done       chan struct{}
	err        error // read after done
}

var _ channel.Line = (*line)(nil)

// ProviderCallID implements channel.Line.
func (l *line) ProviderCallID() string { return l.id }

// Format implements channel.Line.
func (l *line) Format() audio.Format { return l.wire.format() }

// Send implements channel.Line.
func (l *line) Send(frame []byte) error {
	if want := l.Format().FrameBytes(); len(frame) != want {
		return fmt.Errorf("a frame has %d bytes, not %d", want, len(frame))
	}
	select {
	case <-l.done: // select would choose at random while there is room
		return ErrOver
	default:
	}
	select {
	case l.speech <- bytes.Clone(frame):
		return nil
	case <-l.done:
		return ErrOver
	}
}

// Press implements channel.Line.
func (l *line) Press(digit byte) error {
	if !strings.ContainsRune("0123456789*#ABCD", rune(digit)) {
		return fmt.Errorf("%q is not a key of a telephone", digit)
	}
	select {
	case l.keys <- digit:
		return nil
	case <-l.done:
		return ErrOver
	}
}

// Heard implements channel.Line.
func (l *line) Heard() <-chan channel.Heard { return l.heard }

// Hangup implements channel.Line.
func (l *line) Hangup() { l.hangupOnce.Do(func() { close(l.hangup) }) }

// Wait implements channel.Line. Cancelling ctx ends the call.
func (l *line) Wait(ctx context.Context) (channel.LineEnd, error) {
	select {
	case <-l.done:
		return l.end, l.err
	case <-ctx.Done():
		l.cancel()
		<-l.done
		return l.end, errors.Join(context.Cause(ctx), l.err)
	}
}

// run starts the owner.
func (l *line) run(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	l.speech, l.keys = make(chan []byte, speechAhead), make(chan byte)
	l.heard, l.gone = make(chan channel.Heard, heardBehind), make(chan error, 1)
	l.hangup, l.done = make(chan struct{}), make(chan struct{})
	var owner sync.WaitGroup // never waited for: done says the same to everyone
	owner.Go(func() {
		defer close(l.done)
		defer l.cancel()
		l.own(ctx)
	})
}

// own runs the call from its first frame to its end.
func (l *line) own(ctx context.Context) {
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			if err := l.wire.read(l); err != nil {
				l.gone <- err
				return
			}
		}
	})
	byGateway, err := l.talk(ctx)
	l.wire.close()
	reader.Wait()
	close(l.heard)
	l.end.ByGateway = byGateway
	if byGateway && l.end.Next == "" {
		l.end.Next = nextHangup
	}
	if len(l.violations) > 0 {
		err = errors.Join(err, errors.New("violations of the protocol: "+strings.Join(l.violations, "; ")))
	}
	l.err = err
}

// talk carries media until one side ends it. The clock is absolute.
func (l *line) talk(ctx context.Context) (byGateway bool, err error) {
	began := time.Now()
	clock := time.NewTimer(0)
	defer clock.Stop()
	at := time.Duration(0)
	for {
		select {
		case <-clock.C:
			if err := l.frame(at); err != nil {
				return l.fail(err)
			}
			at += audio.FrameDuration
			clock.Reset(max(time.Until(began.Add(at)), catchUp))
		case end := <-l.gone:
			return true, closing(end)
		case digit := <-l.keys:
			if err := l.wire.press(digit); err != nil {
				return l.fail(err)
			}
		case <-l.hangup:
			return false, l.stop()
		case <-ctx.Done():
			return false, l.stop()
		}
	}
}

// frame lets the caller hear and say 20 ms.
func (l *line) frame(at time.Duration) error {
	f := l.Format()
	frame, said := make([]byte, f.FrameBytes()), make([]byte, f.FrameBytes())
	l.mu.Lock()
	cleared := l.cleared
	l.cleared = false
	l.playout.frame(f, frame)
	err := l.wire.played(l.playout.heard())
	l.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case l.heard <- channel.Heard{Frame: frame, At: at, Cleared: cleared}:
	default:
		return errUnread
	}
	f.Silence(said)
	select {
	case said = <-l.speech:
	default:
	}
	return l.wire.say(at, said)
}

// violation notes what a strict platform would not accept. mu is held.
func (l *line) violation(what string) {
	if len(l.violations) < 10 {
		l.violations = append(l.violations, what)
	}
}

// queue adds audio to be heard. mu is held.
func (l *line) queue(data []byte) {
	if len(l.playout.queue)+len(data) > l.Format().Bytes(maxQueued) {
		l.violation("more than five seconds of audio wait to be played")
		return
	}
	l.playout.queue = append(l.playout.queue, data...)
}

// drop clears the queue. mu is held.
func (l *line) drop() error {
	dropped, marks := l.playout.clear()
	l.cleared = l.cleared || dropped > 0
	return l.wire.played(marks)
}

// handOver notes a transfer. mu is held.
func (l *line) handOver(target, reason string) {
	l.end.Next, l.end.Target, l.end.Detail = nextTransfer, target, reason
	if target == "" {
		l.end.Target = Queue
	}
}

// stop ends the call from the caller's side and waits for the other end.
func (l *line) stop() error {
	if l.wire.stop() != nil {
		return nil // the gateway has closed at the same moment
	}
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	select {
	case end := <-l.gone:
		_ = end // it was asked for
		return nil
	case <-limit.C:
		return fmt.Errorf("the gateway did not close the stream within %v of its end", closeWait)
	}
}

// fail ends the media after an error. A write fails also when the gateway has
// just closed the stream, which the reader knows.
func (l *line) fail(err error) (byGateway bool, _ error) {
	if errors.Is(err, errUnread) {
		return false, errors.Join(err, l.stop())
	}
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	select {
	case end := <-l.gone:
		return true, closing(end)
	case <-limit.C:
		return true, err
	}
}

// closing says what is wrong with the way the gateway ended the stream.
func closing(err error) error {
	switch code, ok := wsconn.Closed(err); {
	case !ok:
		return fmt.Errorf("the stream broke: %w", err)
	case code == websocket.CloseNormalClosure, code == websocket.CloseGoingAway, code == websocket.CloseInternalServerErr:
		return nil
	}
	return fmt.Errorf("the stream was closed: %w", err)
}
