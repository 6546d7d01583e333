package genesysaudioconnector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// How the queue of the client is filled. One message a moment and all of the
// audio at once are what it must not get: Genesys publishes limits of messages
// (see pace), and what it holds is heard after an interruption is known here but
// not yet there.
const (
	ahead = 500 * time.Millisecond
	first = 400 * time.Millisecond
	piece = 200 * time.Millisecond
)

// leg is one session. What Next needs belongs to the goroutine that calls it,
// and once read is closed to finish; everything else, if nothing else is said, to
// the session's other calls.
type leg struct {
	session        *audiohook.Server
	media          audiohook.Media
	until          time.Time // when the client gives up waiting for "opened"
	disconnectWait time.Duration
	log            *slog.Logger
	callID         string
	pace           *pace
	ended          bool        // End was called
	lost           atomic.Bool // the connection is
	violation      atomic.Bool // the client does not keep to the protocol

	sending sync.Mutex // guards phase, and that nothing is sent that does not fit it
	phase   phase

	message audiohook.Message
	last    sync.Once
	read    chan struct{} // closed when Next has given its last input
	missing time.Duration // silence to be heard for audio that the client left out
	over    bool          // nothing more comes that is of interest
	ignored int64         // messages that make no sense where they came
	slowed  int64         // times the client wanted it slower

	complaints int // errors that the client reported
}

// phase is how far a session has come; it only goes forward.
type phase uint8

const (
	phaseOpening phase = iota // "opened" was not sent: no audio in either direction
	phaseOpen
	phaseLeaving // "disconnect" was sent: no audio any more
	phaseClosed  // "closed" was sent: nothing any more
)

var (
	_ call.Buffered = (*leg)(nil)
	_ call.Ringing  = (*leg)(nil)
)

func newLeg(
	session *audiohook.Server, media audiohook.Media, until time.Time, disconnectWait time.Duration, log *slog.Logger,
) *leg {
	return &leg{
		session: session, media: media, until: until, disconnectWait: disconnectWait, log: log, pace: newPace(),
		read: make(chan struct{}),
	}
}

// Format implements call.Leg.
func (l *leg) Format() audio.Format { return audio.Mulaw8k }

// Playout implements call.Buffered.
func (l *leg) Playout() call.Playout {
	return call.Playout{Ahead: ahead, First: first, Piece: piece, Sparse: true}
}

// RingUntil implements call.Ringing.
func (l *leg) RingUntil() time.Time { return l.until }

// Answer implements call.Ringing: it sends "opened".
func (l *leg) Answer() error {
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.phase != phaseOpening {
		return nil // the caller is gone, which Next says
	}
	l.phase = phaseOpen
	return sent(l.session.Opened(l.media))
}

// Write implements call.Leg. It waits while the client's limits allow no
// message.
func (l *leg) Write(data []byte) error {
	l.pace.wait(l.pace.binary)
	return l.send(func() error { return l.session.Audio(l.media, data) })
}

// Clear implements call.Buffered. Whether the client says that its queue ran
// dry then is not documented; nobody waits for it.
func (l *leg) Clear() error {
	l.pace.wait(l.pace.text)
	return l.send(l.session.BargeIn)
}

// send sends something that only fits an open session; otherwise there is
// nothing to do, and Next says why.
func (l *leg) send(what func() error) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.phase != phaseOpen {
		return nil
	}
	return sent(what())
}

func sent(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: %w", call.ErrStalled, err)
	}
	return err
}

// leave sends "disconnect", once; there is no audio after it.
func (l *leg) leave(reason, info string, output map[string]string) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.phase >= phaseLeaving {
		return nil
	}
	l.phase = phaseLeaving
	l.pace.stop()
	return l.session.Disconnect(reason, info, output)
}

// End implements call.Leg. The session has waited for the last word to be
// heard; what the flow needs to know goes with "disconnect".
func (l *leg) End(_ context.Context, e call.Ending) error {
	l.ended = true
	l.sending.Lock()
	opened := l.phase != phaseOpening
	l.sending.Unlock()
	var err error
	switch {
	case l.lost.Load():
	case opened:
		err = l.leave(audiohook.ReasonCompleted, "", output(e, l.callID))
	default:
		err = l.leave(audiohook.ReasonError, string(e.Reason), nil)
	}
	l.finish()
	return err
}

// decline ends a session that no call runs on.
func (l *leg) decline(reason string) {
	l.stopReading()
	_ = l.leave(audiohook.ReasonError, reason, nil) // the client may be gone
	l.finish()
}
