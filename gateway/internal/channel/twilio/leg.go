package twilio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

const (
	// ahead is how much unplayed audio Twilio is given; it buffers everything
	// and drops it on a clear.
	ahead = 10 * time.Second
	// maxPiece is the longest media message that is sent.
	maxPiece = 200 * time.Millisecond
	// maxMark bounds the name of a mark in bytes; the session's are shorter.
	maxMark = 64
	// closeWait is how long the other end may take to answer a close frame.
	closeWait = 2 * time.Second
)

// leg is one media stream. The reader goroutine, started by whoever made the
// leg, owns everything Twilio sends; the session's calls own the rest.
type leg struct {
	stream *twiliomedia.Gateway
	sid    string
	in     *inbox

	// before, if set, is what else ends the leg: it is called before the stream
	// is closed.
	before func(context.Context, call.Ending)
	ended  bool // by close

	left    chan struct{} // closed by receive: Twilio stopped or is gone
	read    chan struct{} // closed by receive: it returned
	ignored int64         // by receive: messages out of order or of another stream
}

var (
	_ call.Leg      = (*leg)(nil)
	_ call.Buffered = (*leg)(nil)
)

func newLeg(stream *twiliomedia.Gateway, sid string) *leg {
	return &leg{
		stream: stream, sid: sid, in: newInbox(),
		left: make(chan struct{}), read: make(chan struct{}),
	}
}

// Format implements call.Leg.
func (l *leg) Format() audio.Format { return audio.Mulaw8k }

// Next implements call.Leg.
func (l *leg) Next(ctx context.Context) (call.Input, error) { return l.in.next(ctx) }

// Write implements call.Leg.
func (l *leg) Write(data []byte) error {
	for len(data) > 0 {
		n := min(len(data), audio.Mulaw8k.Bytes(maxPiece))
		if err := sent(l.stream.Media(l.sid, data[:n])); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// Ahead implements call.Buffered.
func (l *leg) Ahead() time.Duration { return ahead }

// Mark implements call.Buffered.
func (l *leg) Mark(name string) error { return sent(l.stream.Mark(l.sid, name)) }

// Clear implements call.Buffered.
func (l *leg) Clear() error { return sent(l.stream.Clear(l.sid)) }

func sent(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: %w", call.ErrStalled, err)
	}
	return err
}

// End implements call.Leg. The session has waited for the last word to be
// heard; closing makes Twilio ask connect-action for the outcome.
func (l *leg) End(ctx context.Context, e call.Ending) error {
	if l.before != nil {
		l.before(ctx, e)
	}
	return l.close(websocket.CloseNormalClosure)
}

// close runs the closing handshake and releases the socket. Only the first
// call counts.
func (l *leg) close(code int) (err error) {
	if l.ended {
		return nil
	}
	l.ended = true
	select {
	case <-l.left:
		_ = l.stream.Shutdown(code, "") // Twilio may not hear it
	default:
		err = l.stream.Shutdown(code, "")
	}
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-l.read:
	case <-timer.C:
	}
	l.stream.Close()
	return err
}

// receive reads until the socket ends.
func (l *leg) receive() {
	defer close(l.read)
	r := reception{leg: l}
	var m twiliomedia.Message
	for {
		err := l.stream.Read(&m)
		if _, ok := twiliomedia.Closed(err); ok {
			r.leave(nil)
			return
		}
		if err != nil {
			r.leave(fmt.Errorf("media stream lost: %w", err))
			return
		}
		r.message(&m)
	}
}

// reception is the state of the reader goroutine.
type reception struct {
	*leg
	chunk int64
	gone  bool
}

func (r *reception) message(m *twiliomedia.Message) {
	switch {
	case m.Kind == twiliomedia.Unknown, m.Kind == twiliomedia.Malformed, m.Kind == twiliomedia.Connected:
		return // counted by the decoder
	case m.Kind == twiliomedia.Started:
		// One stream per socket: whatever this is, it is not our call.
		_ = r.stream.Shutdown(websocket.ClosePolicyViolation, "second start")
		r.leave(errors.New("media stream started twice"))
		return
	case m.StreamSID != r.sid:
		r.ignored++
		return
	}
	switch m.Kind {
	case twiliomedia.Media:
		late := m.Chunk != twiliomedia.Absent && m.Chunk <= r.chunk
		if late || len(m.Payload) == 0 || m.Track != "" && m.Track != twiliomedia.TrackInbound {
			r.ignored++
			return
		}
		r.chunk = max(r.chunk, m.Chunk)
		r.in.media(m.Timestamp, m.Payload)
	case twiliomedia.DTMF:
		if len(m.Digit) != 1 || !strings.Contains("0123456789*#ABCD", m.Digit) {
			r.ignored++
			return
		}
		r.in.add(call.Input{Kind: call.InputDTMF, Digit: m.Digit[0]})
	case twiliomedia.Mark:
		if len(m.Name) > maxMark {
			r.ignored++ // not one of ours, and the inbox keeps it
			return
		}
		r.in.add(call.Input{Kind: call.InputMark, Mark: m.Name})
	case twiliomedia.Stopped:
		r.leave(nil)
	}
}

// leave says that nothing more comes from Twilio: a hangup if err is nil.
func (r *reception) leave(err error) {
	r.in.end(err)
	if !r.gone {
		r.gone = true
		close(r.left)
	}
}
