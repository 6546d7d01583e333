package platform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// talk carries media until one side ends it. The clock is absolute: frame n
// begins n*20 ms after the start however late an earlier one was.
func (l *line) talk(ctx context.Context, messages <-chan received) (byGateway bool, err error) {
	began := time.Now()
	clock := time.NewTimer(0)
	defer clock.Stop()
	frames := time.Duration(0)
	for {
		select {
		case <-clock.C:
			for ; time.Since(began) >= frames*audio.FrameDuration; frames++ {
				if err := l.frame(frames * audio.FrameDuration); err != nil {
					return l.fail(err, messages)
				}
			}
			clock.Reset(time.Until(began.Add(frames * audio.FrameDuration)))
		case m := <-messages:
			if m.err != nil {
				return true, closing(m.err)
			}
			if err := l.take(&m.message); err != nil {
				return l.fail(err, messages)
			}
		case digit := <-l.keys:
			if err := l.media.DTMF(string(digit)); err != nil {
				return l.fail(err, messages)
			}
		case <-l.hangup:
			return false, l.stop(messages)
		case <-ctx.Done():
			return false, l.stop(messages)
		}
	}
}

// frame lets the caller hear and say 20 ms.
func (l *line) frame(at time.Duration) error {
	heard := channel.Heard{Frame: make([]byte, audio.Mulaw8k.FrameBytes()), At: at, Cleared: l.cleared}
	l.cleared = false
	l.playout.frame(heard.Frame)
	select {
	case l.heard <- heard:
	default:
		return ErrUnread
	}
	if err := l.echo(l.playout.heard()); err != nil {
		return err
	}
	var said []byte
	select {
	case said = <-l.speech:
	default: // a caller who says nothing is sent as silence
		l.outbound = append(l.outbound[:0], heard.Frame...)
		audio.Mulaw8k.Silence(l.outbound)
		said = l.outbound
	}
	return l.media.Media(at.Milliseconds(), said)
}

// take carries out one message of the gateway.
func (l *line) take(m *twiliomedia.Message) error {
	switch m.Kind {
	case twiliomedia.Media, twiliomedia.Mark, twiliomedia.Clear:
		if m.StreamSID != l.start.StreamSID {
			l.violations.add("a message for another stream")
			return nil
		}
	case twiliomedia.Malformed:
		l.violations.add("a message that is not of the documented shape: %s", m.Problem)
		return nil
	default:
		l.violations.add("a message with an unknown event")
		return nil
	}
	switch m.Kind {
	case twiliomedia.Media:
		if !l.playout.add(m.Payload) {
			l.violations.add("more than %v of audio wait to be played", maxQueued)
		}
	case twiliomedia.Mark:
		if !l.playout.mark(m.Name) {
			l.violations.add("more than %d marks wait to be echoed", maxMarks)
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
func (l *line) stop(messages <-chan received) error {
	if errors.Join(l.media.Stop(), l.media.Shutdown(websocket.CloseNormalClosure, "")) != nil {
		return nil // the gateway has closed at the same moment
	}
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	for {
		select {
		case m := <-messages:
			if m.err != nil {
				return nil
			}
		case <-limit.C:
			return fmt.Errorf("the gateway did not close the stream within %v of its stop", closeWait)
		}
	}
}

// fail ends the media after an error. A write fails also when the gateway has
// just closed the stream, which the reader knows.
func (l *line) fail(err error, messages <-chan received) (byGateway bool, _ error) {
	if errors.Is(err, ErrUnread) {
		return false, errors.Join(err, l.stop(messages))
	}
	limit := time.NewTimer(closeWait)
	defer limit.Stop()
	for {
		select {
		case m := <-messages:
			if m.err != nil {
				return true, closing(m.err)
			}
		case <-limit.C:
			return true, err
		}
	}
}

// closing says what is wrong with the way the gateway ended the stream.
func closing(err error) error {
	code, ok := twiliomedia.Closed(err)
	switch {
	case !ok:
		return fmt.Errorf("the stream broke (error 31903): %w", err)
	case code != websocket.CloseNormalClosure:
		return fmt.Errorf("the stream was closed with a code other than 1000 (error 31921): %w", err)
	}
	return nil
}
