package threeclogic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// ahead is how much unplayed audio a platform is given.
	ahead = 200 * time.Millisecond
	// maxFill is the most silence that is heard at once.
	maxFill = time.Second
	// maxMark bounds the name of a mark in bytes; the session's are shorter.
	maxMark = 64
	// keys are those of a telephone.
	keys = "0123456789*#ABCD"
)

// mediaLeg is one call in Media Streams. What Next needs belongs to the
// goroutine that holds reading, everything else to the session's other calls.
type mediaLeg struct {
	conn     *socket
	start    *twiliomedia.Start
	sound    sound
	transfer bool // send the message transfer
	wait     time.Duration
	revoked  atomic.Bool
	left     atomic.Bool // the platform stopped or is gone
	out      []byte      // of Write

	reading sync.Mutex
	decoder *twiliomedia.Decoder
	message twiliomedia.Message
	line    twiliomedia.Timeline
	carry   carry
	missing time.Duration // silence to be heard before held
	held    []byte        // caller audio that was not heard yet
	silence []byte
	due     time.Time // when caller audio has to have come
	other   int64     // messages of another stream, or of no use
	ended   bool
}

var (
	_ call.Leg     = (*mediaLeg)(nil)
	_ call.Marking = (*mediaLeg)(nil)
)

// Format implements call.Leg.
func (l *mediaLeg) Format() audio.Format { return l.sound.format }

// Playout implements call.Buffered.
func (l *mediaLeg) Playout() call.Playout { return call.Playout{Ahead: ahead} }

// Write implements call.Leg.
func (l *mediaLeg) Write(data []byte) error { return l.WriteMark(data, "") }

// WriteMark implements call.Marking.
func (l *mediaLeg) WriteMark(data []byte, mark string) error {
	if l.sound.big {
		l.out = append(l.out[:0], data...)
		l.sound.swap(l.out)
		data = l.out
	}
	spelling, sid := l.start.Spelling, l.start.StreamSID
	var messages []func([]byte) []byte
	for part := range slices.Chunk(data, l.sound.format.Bytes(ahead)) {
		messages = append(messages, func(dst []byte) []byte { return spelling.AppendMedia(dst, sid, part) })
	}
	if mark != "" {
		messages = append(messages, func(dst []byte) []byte { return spelling.AppendMark(dst, sid, mark) })
	}
	if len(messages) == 0 {
		return nil
	}
	return l.conn.send(messages...)
}

// Clear implements call.Buffered.
func (l *mediaLeg) Clear() error {
	return l.conn.send(func(dst []byte) []byte { return l.start.Spelling.AppendClear(dst, l.start.StreamSID) })
}

// Next implements call.Leg.
func (l *mediaLeg) Next() (call.Input, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	for {
		switch {
		case l.missing > 0:
			n := min(l.missing, maxFill)
			l.missing -= n
			return call.Input{Kind: call.InputFill, Data: l.quiet(n)}, nil
		case l.held != nil:
			data := l.held
			l.held = nil
			return call.Input{Kind: call.InputAudio, Data: data}, nil
		}
		msg, err := l.conn.next()
		if err != nil {
			return l.lost(err)
		}
		l.decoder.FromPlatform(msg, &l.message)
		if in, err := l.take(&l.message); err != nil || in.Kind != 0 {
			return in, err
		}
	}
}

// lost says why nothing more comes.
func (l *mediaLeg) lost(err error) (call.Input, error) {
	_, closed := wsconn.Closed(err)
	l.left.Store(true)
	switch {
	case l.revoked.Load():
		return call.Input{}, errRevoked
	case closed:
		return call.Input{Kind: call.InputHangup}, nil
	case timedOut(err) && !time.Now().Before(l.due):
		return call.Input{}, &call.LegError{Reason: call.ReasonNoMedia, Err: errSilent}
	}
	return call.Input{}, fmt.Errorf("media stream lost: %w", err)
}

// quiet is silence, at most maxFill of it.
func (l *mediaLeg) quiet(d time.Duration) []byte {
	if l.silence == nil {
		l.silence = make([]byte, l.sound.format.Bytes(maxFill))
		l.sound.format.Silence(l.silence)
	}
	return l.silence[:l.sound.format.Bytes(d)]
}

// take gives the input that a message is; the kind 0 means none, or audio that
// is held.
func (l *mediaLeg) take(m *twiliomedia.Message) (call.Input, error) {
	switch {
	case m.Kind == twiliomedia.Unknown, m.Kind == twiliomedia.Malformed:
		if s := l.decoder.Stats(); s.UnknownEvents+s.Malformed > maxUnknown {
			return call.Input{}, l.policy("too many unknown messages")
		}
		return call.Input{}, nil
	case m.Kind == twiliomedia.Started, m.Kind == twiliomedia.Connected:
		return call.Input{}, l.policy("order")
	case m.StreamSID != l.start.StreamSID:
		l.other++
		return call.Input{}, nil
	}
	switch m.Kind {
	case twiliomedia.Media:
		return call.Input{}, l.hear(m)
	case twiliomedia.DTMF:
		if len(m.Digit) == 1 && strings.Contains(keys, m.Digit) {
			return call.Input{Kind: call.InputDTMF, Digit: m.Digit[0]}, nil
		}
	case twiliomedia.Mark:
		if len(m.Name) <= maxMark {
			return call.Input{Kind: call.InputMark, Mark: m.Name}, nil
		}
	case twiliomedia.Stopped:
		l.left.Store(true)
		return call.Input{Kind: call.InputHangup}, nil
	}
	l.other++
	return call.Input{}, nil
}

// hear takes caller audio.
func (l *mediaLeg) hear(m *twiliomedia.Message) error {
	if m.Track != "" && m.Track != twiliomedia.TrackInbound {
		l.other++
		return nil
	}
	length := l.sound.format.Duration(len(m.Payload))
	if length > maxFrameAudio {
		l.conn.shutdown(websocket.CloseMessageTooBig, tooLong)
		return errors.New(tooLong)
	}
	now := time.Now()
	l.await(now)
	missing := l.line.Missing(m.Timestamp, length)
	if !l.conn.meter.sound(now, missing+length) { // silence made up is caller audio, too
		if l.conn.meter.flooded() {
			l.conn.shutdown(websocket.ClosePolicyViolation, errFlood.Error())
			return &call.LegError{Reason: reasonFlood, Err: errFlood}
		}
		return nil
	}
	l.missing = missing
	if data := l.carry.samples(l.sound.format, m.Payload); len(data) > 0 {
		l.sound.swap(data)
		l.held = data
	}
	return nil
}

// await moves the moment until which caller audio has to come, not for every
// message: it costs.
func (l *mediaLeg) await(now time.Time) {
	due := now.Add(l.wait)
	if due.Sub(l.due) > l.wait/100 {
		l.due = due
		l.conn.until(due)
	}
}

// policy closes the connection for what the platform did.
func (l *mediaLeg) policy(reason string) error {
	l.conn.shutdown(websocket.ClosePolicyViolation, reason)
	return errors.New("media stream: " + reason)
}

// revoke ends the call because its channel is gone.
func (l *mediaLeg) revoke() {
	l.revoked.Store(true)
	l.conn.shutdown(websocket.ClosePolicyViolation, "revoked")
	time.AfterFunc(closeWait, l.conn.release)
}

// End implements call.Leg. The session has waited for the last word to be heard
// and has stored the outcome.
func (l *mediaLeg) End(_ context.Context, e call.Ending) error {
	var err error
	if e.Transfer != nil && l.transfer && !l.left.Load() {
		h := twiliomedia.Handover{Reason: channel.TransferReason(e.Reason), Target: address(e.Transfer)}
		err = l.conn.send(func(dst []byte) []byte {
			return l.start.Spelling.AppendTransfer(dst, l.start.StreamSID, h)
		})
	}
	l.close(closeCode(e), "")
	return err
}

// close ends the connection, once. It takes over the reading.
func (l *mediaLeg) close(code int, reason string) {
	if l.ended {
		return
	}
	l.ended = true
	l.conn.shutdown(code, reason)
	timer := time.AfterFunc(closeWait, l.conn.release)
	defer timer.Stop()
	l.reading.Lock()
	defer l.reading.Unlock()
	l.conn.finish(code, reason)
}

// ignored implements leg.
func (l *mediaLeg) ignored() string {
	s := l.decoder.Stats()
	return fmt.Sprintf("unknown events %d, unknown fields %d, malformed %d, of no use %d, too many %d",
		s.UnknownEvents, s.UnknownFields, s.Malformed, l.other, l.conn.meter.dropped)
}
