package twilio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
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
	// Twilio takes pieces of 20 to 200 ms. Each costs a system call here and a
	// message there, and an engine that speaks in real time needs a head start,
	// or its jitter is heard; one that speaks faster waits for neither.
	first    = 140 * time.Millisecond
	piece    = 100 * time.Millisecond
	maxPiece = 200 * time.Millisecond
	// maxMark bounds the name of a mark in bytes; the session's are shorter.
	maxMark = 64
	// closeWait is how long the other end may take to answer a close frame.
	closeWait = 2 * time.Second
)

// leg is one media stream. What Next needs belongs to the goroutine that holds
// reading, everything else to the session's other calls.
type leg struct {
	stream *twiliomedia.Gateway
	sid    string

	// before, if set, is what else ends the leg: it is called before the stream
	// is closed.
	before func(context.Context, call.Ending)
	ended  bool        // by close
	left   atomic.Bool // Twilio stopped or is gone

	reading sync.Mutex
	message twiliomedia.Message
	line    twiliomedia.Timeline
	missing time.Duration // silence to be heard before the media of message
	held    bool          // that media was not heard yet
	chunk   int64
	ignored int64 // messages out of order or of another stream
}

var (
	_ call.Leg     = (*leg)(nil)
	_ call.Marking = (*leg)(nil)
)

func newLeg(stream *twiliomedia.Gateway, sid string) *leg { return &leg{stream: stream, sid: sid} }

// Format implements call.Leg.
func (l *leg) Format() audio.Format { return audio.Mulaw8k }

// Write implements call.Leg.
func (l *leg) Write(data []byte) error { return l.WriteMark(data, "") }

// WriteMark implements call.Marking. The last piece and the mark go out
// together.
func (l *leg) WriteMark(data []byte, mark string) error {
	for len(data) > audio.Mulaw8k.Bytes(maxPiece) {
		n := audio.Mulaw8k.Bytes(maxPiece)
		if err := sent(l.stream.Media(l.sid, data[:n])); err != nil {
			return err
		}
		data = data[n:]
	}
	switch {
	case mark == "" && len(data) == 0:
		return nil
	case mark == "":
		return sent(l.stream.Media(l.sid, data))
	case len(data) == 0:
		return sent(l.stream.Mark(l.sid, mark))
	}
	return sent(l.stream.MarkedMedia(l.sid, data, mark))
}

// Playout implements call.Buffered.
func (l *leg) Playout() call.Playout { return call.Playout{Ahead: ahead, First: first, Piece: piece} }

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

// close runs the closing handshake and releases the socket. It takes over the
// reading, since Twilio may not be done. Only the first call counts.
func (l *leg) close(code int) error {
	if l.ended {
		return nil
	}
	l.ended = true
	err := l.stream.Shutdown(code, "")
	if l.left.Load() {
		err = nil // Twilio may not have heard it
	}
	timer := time.AfterFunc(closeWait, l.stream.Close)
	defer timer.Stop()
	l.reading.Lock()
	defer l.reading.Unlock()
	for l.stream.Skip() == nil { // what Next gave out last may be in use
		continue
	}
	l.stream.Close()
	return err
}
