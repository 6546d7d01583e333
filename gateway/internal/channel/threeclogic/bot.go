package threeclogic

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
)

// playIdle is how long after its last audio an utterance counts as complete: the
// session says what is to be heard, not where an utterance ends.
const playIdle = ahead + 300*time.Millisecond

var errNotResumed = errors.New("the connection was lost and did not come back")

// botLeg is one call in the AudioCodes framing. Its connection may be replaced
// by another one, after session.resume. What Next needs belongs to the goroutine
// that holds reading.
type botLeg struct {
	times     times
	format    audio.Format
	name      string // of format, on the wire
	ringUntil time.Time

	mu       sync.Mutex
	conn     *socket       // nil while it is lost; guarded by mu
	back     chan struct{} // closed while there is a connection, and when there will be none; guarded by mu
	lostFor  *time.Timer   // gives up; guarded by mu
	accepted bool          // guarded by mu
	over     bool          // no connection may come back; guarded by mu
	revoked  bool          // guarded by mu
	play     string        // id of the open utterance, "" if there is none; guarded by mu
	plays    int           // guarded by mu
	returns  int           // connections that came back; guarded by mu
	stopPlay *time.Timer   // guarded by mu

	leaving sync.Once
	left    chan struct{} // closed when the platform ended the session

	reading sync.Mutex
	decoder *audiocodes.Decoder
	message audiocodes.Message
	early   [][]byte // messages that were read before the session began
	digits  []byte   // pressed, not told yet
	carry   carry
	due     time.Time // when caller audio has to have come
	paused  bool      // by userStream.stop
	ended   bool
}

var (
	_ call.Ringing  = ringingLeg{}
	_ call.Buffered = (*botLeg)(nil)
)

// ringingLeg is a botLeg whose platform is told of the call once the assistant
// is ready for it.
type ringingLeg struct{ *botLeg }

// RingUntil implements call.Ringing.
func (l ringingLeg) RingUntil() time.Time { return l.ringUntil }

// Answer implements call.Ringing.
func (l ringingLeg) Answer() error { return l.accept() }

// Format implements call.Leg.
func (l *botLeg) Format() audio.Format { return l.format }

// Playout implements call.Buffered.
func (l *botLeg) Playout() call.Playout { return call.Playout{Ahead: ahead, Mute: true, Sparse: true} }

// accept tells the platform that the session is accepted.
func (l *botLeg) accept() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.accepted || l.conn == nil {
		return nil
	}
	l.accepted = true
	return l.conn.send(func(dst []byte) []byte { return audiocodes.AppendAccepted(dst, l.name) })
}

// Write implements call.Leg.
func (l *botLeg) Write(data []byte) error {
	piece := l.format.Bytes(ahead)
	for len(data) > 0 {
		part := data[:min(len(data), piece)]
		data = data[len(part):]
		if err := l.send(func() []func([]byte) []byte { return l.chunk(part) }); err != nil {
			return err
		}
	}
	return nil
}

// chunk gives the messages for audio; an utterance is begun if none is open. mu
// is held.
func (l *botLeg) chunk(part []byte) (encode []func([]byte) []byte) {
	if l.play == "" {
		l.plays++
		l.play = strconv.Itoa(l.plays)
		id := l.play
		encode = append(encode, func(dst []byte) []byte { return audiocodes.AppendPlayStart(dst, id, l.name) })
	}
	id := l.play
	if l.stopPlay != nil {
		l.stopPlay.Stop()
	}
	l.stopPlay = time.AfterFunc(playIdle, func() { l.complete(id) })
	return append(encode, func(dst []byte) []byte { return audiocodes.AppendPlayChunk(dst, id, part) })
}

// complete ends an utterance that nothing was added to for a while.
func (l *botLeg) complete(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.play == id && l.conn != nil {
		_ = l.conn.send(l.stop()...) // the reader sees why
	}
}

// stop gives the message that ends the open utterance, if there is one. mu is
// held.
func (l *botLeg) stop() (encode []func([]byte) []byte) {
	if id := l.play; id != "" {
		l.play = ""
		l.stopPlay.Stop()
		encode = append(encode, func(dst []byte) []byte { return audiocodes.AppendPlayStop(dst, id) })
	}
	return encode
}

func event(a audiocodes.Activity) func([]byte) []byte {
	return func(dst []byte) []byte { return audiocodes.AppendEvent(dst, a) }
}

// Clear implements call.Buffered.
func (l *botLeg) Clear() error {
	return l.send(func() []func([]byte) []byte {
		return append(l.stop(), event(audiocodes.Activity{Name: audiocodes.EventAbortPrompts}))
	})
}

// send sends what messages gives, on whichever connection there is. While there
// is none it waits, and the assistant with it.
func (l *botLeg) send(messages func() []func([]byte) []byte) error {
	for {
		c, err := l.current()
		if err != nil {
			return err
		}
		l.mu.Lock()
		if l.conn != c {
			l.mu.Unlock()
			continue
		}
		err = c.send(messages()...)
		l.mu.Unlock()
		if err == nil || errors.Is(err, call.ErrStalled) {
			return err
		}
		l.lost(c)
	}
}

// End implements call.Leg. The session has stored the outcome and the clock has
// let the last word be heard.
func (l *botLeg) End(ctx context.Context, e call.Ending) error {
	l.mu.Lock()
	c, accepted := l.conn, l.accepted
	l.giveUp()
	var encode []func([]byte) []byte
	switch {
	case c == nil:
		l.mu.Unlock()
		return nil
	case !accepted:
		encode = append(encode, func(dst []byte) []byte { return audiocodes.AppendRefused(dst, refusedGateway) })
	case e.Transfer != nil:
		encode = append(l.stop(), event(audiocodes.Activity{Name: audiocodes.EventTransfer, Params: map[string]string{
			audiocodes.ParamTarget: address(e.Transfer), audiocodes.ParamReason: channel.TransferReason(e.Reason),
		}}))
	default:
		encode = append(l.stop(), event(audiocodes.Activity{Name: audiocodes.EventHangup}))
	}
	l.mu.Unlock()
	code := closeCode(e)
	if !accepted {
		code = websocket.CloseNormalClosure
	}
	var err error
	if !l.hasLeft() {
		err = c.send(encode...)
	}
	if accepted && err == nil {
		wait := time.NewTimer(l.times.goodbye)
		defer wait.Stop()
		select {
		case <-l.left:
		case <-wait.C:
		case <-ctx.Done():
		}
	}
	l.close(code, "")
	return err
}

// close ends the connection, once. It takes over the reading.
func (l *botLeg) close(code int, reason string) {
	if l.ended {
		return
	}
	l.ended = true
	l.mu.Lock()
	l.giveUp()
	c := l.conn
	_ = l.stop()
	l.mu.Unlock()
	if c == nil {
		return
	}
	c.shutdown(code, reason)
	timer := time.AfterFunc(closeWait, c.release)
	defer timer.Stop()
	l.reading.Lock()
	defer l.reading.Unlock()
	c.finish(code, reason)
}

// leave notes that the platform ended the session.
func (l *botLeg) leave() { l.leaving.Do(func() { close(l.left) }) }

func (l *botLeg) hasLeft() bool {
	select {
	case <-l.left:
		return true
	default:
		return false
	}
}
