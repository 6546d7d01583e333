package platform

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	closeWait = 5 * time.Second
	catchUp   = time.Millisecond // pace of frames that are late
)

// Values of channel.LineEnd.Next.
const (
	nextHangup   = "hangup"
	nextTransfer = "transfer"
)

// Queue is the target of a transfer that names none: the platform's own queue.
const Queue = "queue"

// line is one placed call. One goroutine owns it, a second one reads.
type line struct {
	*handset.Handset
	id   string
	wire wire

	mu         sync.Mutex
	playout    playout
	cleared    bool // to be told with the next frame
	violations handset.ViolationError
	end        channel.LineEnd

	gone chan error // sent once
}

var _ channel.Line = (*line)(nil)

// ProviderCallID implements channel.Line.
func (l *line) ProviderCallID() string { return l.id }

// own runs the call from its first frame to its end.
func (l *line) own(ctx context.Context) (channel.LineEnd, error) {
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
	l.Over()
	l.end.ByGateway = byGateway
	if byGateway && l.end.Next == "" {
		l.end.Next = nextHangup
	}
	return l.end, errors.Join(err, l.violations.Err())
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
		case digit := <-l.Pressed():
			if err := l.wire.press(digit); err != nil {
				return l.fail(err)
			}
		case <-l.HungUp():
			return false, l.stop()
		case <-ctx.Done():
			return false, l.stop()
		}
	}
}

// frame lets the caller hear and say 20 ms.
func (l *line) frame(at time.Duration) error {
	f := l.Format()
	frame := make([]byte, f.FrameBytes())
	l.mu.Lock()
	cleared := l.cleared
	l.cleared = false
	l.playout.frame(f, frame)
	err := l.wire.played(l.playout.heard())
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if err := l.Play(channel.Heard{Frame: frame, At: at, Cleared: cleared}); err != nil {
		return err
	}
	return l.wire.say(at, l.Said())
}

// queue adds audio to be heard. mu is held.
func (l *line) queue(data []byte) {
	if len(l.playout.queue)+len(data) > l.Format().Bytes(maxQueued) {
		l.violations.Add("more than five seconds of audio wait to be played")
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
	if errors.Is(err, handset.ErrUnread) {
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
