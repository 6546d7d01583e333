package threeclogic

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// maxDigits bounds what one event dtmf may press.
const maxDigits = 32

// Next implements call.Leg.
func (l *botLeg) Next() (call.Input, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	for {
		if len(l.digits) > 0 {
			digit := l.digits[0]
			l.digits = l.digits[1:]
			return call.Input{Kind: call.InputDTMF, Digit: digit}, nil
		}
		c, err := l.current()
		if err != nil {
			l.leave()
			return call.Input{}, err
		}
		msg, err := l.read(c)
		if err != nil {
			if in, final := l.broken(c, err); final != nil || in.Kind != 0 {
				return in, final
			}
			continue
		}
		l.decoder.FromPlatform(msg, &l.message)
		if in, err := l.take(c, &l.message); err != nil || in.Kind != 0 {
			return in, err
		}
	}
}

// read gives the next message, first those that came before the session.
func (l *botLeg) read(c *socket) ([]byte, error) {
	if len(l.early) > 0 {
		msg := l.early[0]
		l.early = l.early[1:]
		return msg, nil
	}
	if l.due.IsZero() {
		l.await(c, time.Now(), true)
	}
	return c.next()
}

// broken says what the end of a connection means; nothing, if it may come back.
func (l *botLeg) broken(c *socket, err error) (call.Input, error) {
	var why *call.LegError
	code, closed := wsconn.Closed(err)
	l.mu.Lock()
	revoked, replaced := l.revoked, l.conn != c
	l.mu.Unlock()
	switch {
	case revoked:
		l.leave()
		return call.Input{}, errRevoked
	case replaced:
		l.due = time.Time{} // another connection, another deadline
		return call.Input{}, nil
	case closed && code == websocket.CloseNormalClosure:
		l.leave()
		return call.Input{Kind: call.InputHangup}, nil
	case errors.As(err, &why):
		return call.Input{}, err
	case timedOut(err) && !l.paused && !time.Now().Before(l.due):
		return call.Input{}, &call.LegError{Reason: call.ReasonNoMedia, Err: errSilent}
	case errors.Is(err, errUTF8), errors.Is(err, wsconn.ErrKind), errors.Is(err, websocket.ErrReadLimit):
		return call.Input{}, fmt.Errorf("stream ended: %w", err)
	}
	l.lost(c)
	l.due = time.Time{}
	return call.Input{}, nil
}

// take gives the input that a message is; the kind 0 means none.
func (l *botLeg) take(c *socket, m *audiocodes.Message) (call.Input, error) {
	switch m.Kind {
	case audiocodes.UserChunk:
		return l.hear(c, m.Audio)
	case audiocodes.UserStart, audiocodes.UserStop:
		answer := audiocodes.UserStarted
		l.paused = m.Kind == audiocodes.UserStop
		if l.paused {
			answer = audiocodes.UserStopped
		}
		l.await(c, time.Now(), true)
		participant := m.Participant
		_ = c.send(func(dst []byte) []byte { // if it fails, reading does so next
			return audiocodes.AppendUser(dst, answer, participant)
		})
	case audiocodes.Activities:
		for _, a := range m.Activities {
			if a.Type == audiocodes.ActivityEvent && strings.EqualFold(a.Name, audiocodes.EventDTMF) {
				l.press(a.Value)
			}
		}
	case audiocodes.End:
		l.leave()
		return call.Input{Kind: call.InputHangup}, nil
	case audiocodes.Initiate, audiocodes.Resume:
		c.shutdown(websocket.ClosePolicyViolation, problemOrder)
		return call.Input{}, errors.New("stream: a session began twice")
	default:
		if s := l.decoder.Stats(); s.UnknownTypes+s.Malformed > maxUnknown {
			c.shutdown(websocket.ClosePolicyViolation, "too many unknown messages")
			return call.Input{}, errors.New("stream: too many unknown messages")
		}
	}
	return call.Input{}, nil
}

func (l *botLeg) press(digits string) {
	if len(digits) > maxDigits {
		return
	}
	for _, digit := range []byte(strings.ToUpper(digits)) {
		if strings.IndexByte(keys, digit) >= 0 && len(l.digits) < maxDigits {
			l.digits = append(l.digits, digit)
		}
	}
}

// hear takes caller audio.
func (l *botLeg) hear(c *socket, data []byte) (call.Input, error) {
	length := l.format.Duration(len(data))
	if length > maxFrameAudio {
		c.shutdown(websocket.CloseMessageTooBig, tooLong)
		return call.Input{}, errors.New(tooLong)
	}
	now := time.Now()
	l.await(c, now, false)
	if !c.meter.sound(now, length) {
		if c.meter.flooded() {
			c.shutdown(websocket.ClosePolicyViolation, errFlood.Error())
			return call.Input{}, &call.LegError{Reason: reasonFlood, Err: errFlood}
		}
		return call.Input{}, nil
	}
	if data = l.carry.samples(l.format, data); len(data) == 0 {
		return call.Input{}, nil
	}
	return call.Input{Kind: call.InputAudio, Data: data}, nil
}

// await moves the moment until which caller audio has to come, not for every
// message: it costs. While the platform sends none there is no such moment.
func (l *botLeg) await(c *socket, now time.Time, force bool) {
	due := now.Add(l.times.media)
	if !force && due.Sub(l.due) <= l.times.media/100 {
		return
	}
	l.due = due
	if l.paused {
		due = time.Time{}
	}
	c.until(due)
}
