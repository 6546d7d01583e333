package twilio

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// maxFill is the most silence that is heard at once.
const maxFill = time.Second

// silence is shared by all calls; nobody writes to it.
var silence = func() []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(maxFill))
	audio.Mulaw8k.Silence(b)
	return b
}()

// Next implements call.Leg. It reads the socket itself: nothing waits between
// the platform and the session but what the kernel holds.
func (l *leg) Next() (call.Input, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	for {
		switch {
		case l.missing > 0:
			n := min(l.missing, maxFill)
			l.missing -= n
			return call.Input{Kind: call.InputFill, Data: silence[:audio.Mulaw8k.Bytes(n)]}, nil
		case l.held:
			l.held = false
			return call.Input{Kind: call.InputAudio, Data: l.message.Payload}, nil
		}
		err := l.stream.Read(&l.message)
		if _, closed := wsconn.Closed(err); closed {
			return l.hangup(), nil
		}
		if err != nil {
			l.left.Store(true)
			return call.Input{}, fmt.Errorf("media stream lost: %w", err)
		}
		if in, err := l.take(&l.message); err != nil || in.Kind != 0 {
			return in, err
		}
	}
}

// take gives the input that a message is; the kind 0 means none, or media that
// is held.
func (l *leg) take(m *twiliomedia.Message) (call.Input, error) {
	switch {
	case m.Kind == twiliomedia.Unknown, m.Kind == twiliomedia.Malformed, m.Kind == twiliomedia.Connected:
		return call.Input{}, nil // counted by the decoder
	case m.Kind == twiliomedia.Started:
		// One stream per socket: whatever this is, it is not our call.
		_ = l.stream.Shutdown(websocket.ClosePolicyViolation, "second start")
		return call.Input{}, errors.New("media stream started twice")
	case m.StreamSID != l.sid:
		l.ignored++
		return call.Input{}, nil
	}
	switch m.Kind {
	case twiliomedia.Media:
		late := m.Chunk != twiliomedia.Absent && m.Chunk <= l.chunk
		if late || len(m.Payload) == 0 || m.Track != "" && m.Track != twiliomedia.TrackInbound {
			break
		}
		l.chunk = max(l.chunk, m.Chunk)
		l.missing = l.line.Missing(m.Timestamp, audio.Mulaw8k.Duration(len(m.Payload)))
		l.held = true
		return call.Input{}, nil
	case twiliomedia.DTMF:
		if len(m.Digit) != 1 || !strings.Contains("0123456789*#ABCD", m.Digit) {
			break
		}
		return call.Input{Kind: call.InputDTMF, Digit: m.Digit[0]}, nil
	case twiliomedia.Mark:
		if len(m.Name) > maxMark {
			break // not one of ours, and the session keeps it
		}
		return call.Input{Kind: call.InputMark, Mark: m.Name}, nil
	case twiliomedia.Stopped:
		return l.hangup(), nil
	}
	l.ignored++
	return call.Input{}, nil
}

func (l *leg) hangup() call.Input {
	l.left.Store(true)
	return call.Input{Kind: call.InputHangup}
}
