package platform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// catchUp is the pace of frames that are late. What came in time must be taken
// before they are played, which the reader needs a moment for.
const catchUp = time.Millisecond

// talk carries media until one side ends it. The clock is absolute: frame n
// begins n*20 ms after the start however late an earlier one was.
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
			return true, closing(end.err)
		case digit := <-l.Pressed():
			if err := l.media.DTMF(string(digit)); err != nil {
				return l.fail(err)
			}
		case doc := <-l.updates:
			l.told = &doc
			return false, l.stop()
		case <-l.HungUp():
			return false, l.stop()
		case <-ctx.Done():
			return false, l.stop()
		}
	}
}

// frame lets the caller hear and say 20 ms.
func (l *line) frame(at time.Duration) error {
	frame := make([]byte, audio.Mulaw8k.FrameBytes())
	cleared, err := l.play(frame)
	if err != nil {
		return err
	}
	if err := l.Play(channel.Heard{Frame: frame, At: at, Cleared: cleared}); err != nil {
		return err
	}
	return l.media.Media(at.Milliseconds(), l.Said())
}

// play takes the next 20 ms of what is to be heard and echoes the marks of what
// was heard. Echoes are sent under the mutex, so that they keep their order.
func (l *line) play(frame []byte) (cleared bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	cleared, l.cleared = l.cleared, false
	l.playout.frame(frame)
	return cleared, l.echo(l.playout.heard())
}

// read carries out the gateway's messages until the socket ends.
func (l *line) read() {
	var m twiliomedia.Message
	for {
		if err := l.media.Read(&m); err != nil {
			l.gone <- socketEnd{err}
			return
		}
		_ = l.take(&m) // an echo that cannot be sent: the socket ends, and Read says why
	}
}

// take carries out one message of the gateway.
func (l *line) take(m *twiliomedia.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m.Kind {
	case twiliomedia.Media, twiliomedia.Mark, twiliomedia.Clear:
		if m.StreamSID != l.start.StreamSID {
			l.violations.Add("a message for another stream")
			return nil
		}
	case twiliomedia.Malformed:
		l.violations.Add("a message that is not of the documented shape: %s", m.Problem)
		return nil
	default:
		l.violations.Add("a message with an unknown event")
		return nil
	}
	switch m.Kind {
	case twiliomedia.Media:
		if !l.playout.add(m.Payload) {
			l.violations.Add("more than %v of audio wait to be played", maxQueued)
		}
	case twiliomedia.Mark:
		if !l.playout.mark(m.Name) {
			l.violations.Add("more than %d marks wait to be echoed", maxMarks)
		}
		return l.echo(l.playout.heard())
	case twiliomedia.Clear:
		dropped, marks := l.playout.clear()
		l.cleared = l.cleared || dropped > 0
		return l.echo(marks)
	}
	return nil
}

func (l *line) echo(marks []string) error {
	for _, name := range marks {
		if err := l.media.Played(name); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the stream from the caller's side and waits for the other end.
func (l *line) stop() error {
	if errors.Join(l.media.Stop(), l.media.Shutdown(websocket.CloseNormalClosure, "")) != nil {
		return nil // the gateway has closed at the same moment
	}
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	select {
	case <-l.gone:
		return nil
	case <-limit.C:
		return fmt.Errorf("the gateway did not close the stream within %v of its stop", closeWait)
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
		return true, closing(end.err)
	case <-limit.C:
		return true, err
	}
}

// closing says what is wrong with the way the gateway ended the stream.
func closing(err error) error {
	code, ok := wsconn.Closed(err)
	switch {
	case !ok:
		return fmt.Errorf("the stream broke (error 31903): %w", err)
	case code != websocket.CloseNormalClosure:
		return fmt.Errorf("the stream was closed with a code other than 1000 (error 31921): %w", err)
	}
	return nil
}
