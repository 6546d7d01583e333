package genesysaudioconnector

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// maxFill is the most silence that is heard at once.
	maxFill = time.Second
	// maxMissing is the most silence that is heard for one gap: after a longer
	// one nobody listens for what it interrupted.
	maxMissing = 5 * time.Second
	// closeWait is how long the client may take to answer a close frame.
	closeWait = 2 * time.Second
	// disconnectWait is how long it may take from "disconnect" to "close".
	disconnectWait = 5 * time.Second
)

// maxComplaints is how many errors of one client are logged.
const maxComplaints = 5

// tooManyRequests is the code of an error that wants fewer messages.
const tooManyRequests = 429

// silence is shared by all calls; nobody writes to it.
var silence = func() []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(maxFill))
	audio.Mulaw8k.Silence(b)
	return b
}()

// Next implements call.Leg. It reads the socket itself: nothing waits between
// the client and the session but what the kernel holds.
func (l *leg) Next() (call.Input, error) {
	in, err := l.next()
	if err != nil || in.Kind == call.InputHangup {
		l.stopReading()
	}
	return in, err
}

// stopReading says that nobody calls Next any more.
func (l *leg) stopReading() { l.last.Do(func() { close(l.read) }) }

func (l *leg) next() (call.Input, error) {
	for {
		if l.missing > 0 {
			n := min(l.missing, maxFill)
			l.missing -= n
			return call.Input{Kind: call.InputFill, Data: silence[:audio.Mulaw8k.Bytes(n)]}, nil
		}
		err := l.session.Read(&l.message)
		if _, closed := wsconn.Closed(err); closed {
			l.over = true
			l.lost.Store(true)
			return call.Input{Kind: call.InputHangup}, nil
		}
		if err != nil {
			l.over = true
			l.lost.Store(true)
			return call.Input{}, fmt.Errorf("session lost: %w", err)
		}
		if in, err := l.take(&l.message); err != nil || in.Kind != 0 {
			return in, err
		}
	}
}

// take gives the input that a message is; the kind 0 means none.
func (l *leg) take(m *audiohook.Message) (call.Input, error) {
	switch m.Kind {
	case audiohook.Violation:
		return call.Input{}, l.violated(m.Problem, m.Invalid)
	case audiohook.Open:
		return call.Input{}, l.violated("open came twice", false)
	case audiohook.Audio:
		if data := l.media.Take(m.Data); len(data) > 0 && l.listening() {
			return call.Input{Kind: call.InputAudio, Data: data}, nil
		}
		l.ignored++
	case audiohook.DTMF:
		if len(m.Digit) == 1 && strings.Contains("0123456789*#ABCD", m.Digit) {
			return call.Input{Kind: call.InputDTMF, Digit: m.Digit[0]}, nil
		}
		l.ignored++
	case audiohook.PlaybackCompleted:
		return call.Input{Kind: call.InputDrained}, nil
	case audiohook.Discarded, audiohook.Resumed:
		l.missing = min(m.Discarded, maxMissing)
	case audiohook.Ping:
		return call.Input{}, l.reply(func() error { return l.session.Pong(m.Seq) })
	case audiohook.Update:
		return call.Input{}, l.reply(l.session.Updated)
	case audiohook.Error:
		l.complaint(m)
	case audiohook.Close:
		l.close()
		return call.Input{Kind: call.InputHangup}, nil
	}
	return call.Input{}, nil
}

// listening reports whether audio may come.
func (l *leg) listening() bool {
	l.sending.Lock()
	defer l.sending.Unlock()
	return l.phase == phaseOpen
}

// reply answers a message, until the client closed.
func (l *leg) reply(what func() error) error {
	l.pace.wait(l.pace.text)
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.phase == phaseClosed {
		return nil
	}
	return sent(what())
}

// close answers "close", after which nothing is sent.
func (l *leg) close() {
	l.over = true
	l.pace.stop()
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.phase == phaseClosed {
		return
	}
	l.phase = phaseClosed
	// If the client is gone already, reading says so.
	_ = l.session.Closed()
	_ = l.session.Shutdown(websocket.CloseNormalClosure, "")
}

// violated ends a session whose client does not keep to the protocol: "close"
// may still come.
func (l *leg) violated(problem string, invalid bool) error {
	l.violation.Store(true)
	err := fmt.Errorf("protocol violated: %s", problem)
	if invalid { // as RFC 6455 section 8.1 wants it
		return errors.Join(err, l.session.Shutdown(websocket.CloseInvalidFramePayloadData, ""))
	}
	return errors.Join(err, l.leave(audiohook.ReasonError, problem, nil))
}

// complaint takes the client's word that something went wrong. It is never
// answered with another one.
func (l *leg) complaint(m *audiohook.Message) {
	if m.Code == tooManyRequests {
		l.slowed++
		l.pace.slow(m.RetryAfter)
	}
	if l.complaints++; l.complaints > maxComplaints {
		return
	}
	l.log.Warn("the client reports an error", "call_id", l.callID, "reason", m.Code, "detail", bounded(m.Text, maxAddress))
}

// finish waits for the client to close, at most disconnectWait, and releases the
// connection. It reads on when Next does not: what Next gave last may be in use
// until then.
func (l *leg) finish() {
	giveUp := time.AfterFunc(l.disconnectWait, l.shutdown)
	defer giveUp.Stop()
	released := make(chan struct{}, 1)
	release := time.AfterFunc(l.disconnectWait+closeWait, func() {
		l.session.Release()
		select {
		case released <- struct{}{}:
		default:
		}
	})
	defer release.Stop()
	select {
	case <-l.read:
	case <-released: // Next was not called again
		return
	}
	for closing := false; !l.lost.Load(); {
		if l.over && !closing {
			closing = true
			release.Reset(closeWait)
		}
		_, _ = l.next() // errors other than those of the connection were answered
	}
	l.session.Release()
}

// shutdown ends the connection of a client that does not close.
func (l *leg) shutdown() {
	code := websocket.CloseNormalClosure
	if l.violation.Load() {
		code = websocket.ClosePolicyViolation
	}
	_ = l.session.Shutdown(code, "") // or it is gone
}
