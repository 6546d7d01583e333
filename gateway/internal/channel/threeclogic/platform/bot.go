package platform

import (
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// participant is who speaks on the platform's side.
const participant = "caller"

// bot is a call in the AudioCodes framing.
type bot struct {
	formats    []string
	parameters map[string]string

	conn    *wsconn.Conn
	sound   audio.Format
	name    string // of sound
	decoder audiocodes.Decoder
	message audiocodes.Message
	play    string // id of the open utterance
	line    *line
	leaving bool // the session ends once everything was played
	left    bool
}

func (b *bot) format() audio.Format { return b.sound }

// open begins a session and waits until it was accepted.
func (b *bot) open(ws *websocket.Conn, l *line, at channel.Placement) error {
	b.line, b.conn = l, wsconn.New(ws, limits)
	err := b.send(func(dst []byte) []byte {
		return audiocodes.AppendInitiate(dst, l.id, audiocodes.Session{Caller: at.From, Formats: offered(b.formats)})
	})
	if err == nil {
		err = b.accepted()
	}
	parameters := map[string]string{"callee": at.To}
	for name, value := range b.parameters {
		parameters[name] = value
	}
	for _, message := range []func([]byte) []byte{
		func(dst []byte) []byte {
			return audiocodes.AppendEvent(dst, audiocodes.Activity{Name: audiocodes.EventStart, Parameters: parameters})
		},
		func(dst []byte) []byte { return audiocodes.AppendUser(dst, audiocodes.UserStart, participant) },
	} {
		if err == nil {
			err = b.send(message)
		}
	}
	if err != nil {
		b.conn.Close()
	}
	return err
}

// accepted waits for the answer to session.initiate.
func (b *bot) accepted() error {
	b.conn.ReadUntil(time.Now().Add(timeout))
	defer b.conn.ReadUntil(time.Time{})
	_, msg, err := b.conn.Next()
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	b.decoder.FromGateway(msg, &b.message)
	switch b.message.Kind {
	case audiocodes.Accepted:
	case audiocodes.Refused:
		return &channel.RefusedError{Step: "session", Detail: b.message.Reason}
	default:
		return fmt.Errorf("session: the gateway answered %q instead of accepting it", b.message.Kind)
	}
	var ok bool
	b.name = b.message.Format
	if b.sound, ok = audiocodes.FormatOf(b.name); !ok {
		return fmt.Errorf("session: the media format %q was not offered", b.name)
	}
	return nil
}

func (b *bot) send(encode func([]byte) []byte) error { return b.conn.Send(wsconn.Text, encode) }

func (b *bot) say(_ time.Duration, frame []byte) error {
	return b.send(func(dst []byte) []byte { return audiocodes.AppendUserChunk(dst, participant, frame) })
}

func (b *bot) press(digit byte) error {
	return b.send(func(dst []byte) []byte {
		return audiocodes.AppendEvent(dst, audiocodes.Activity{Name: "DTMF", Value: string(digit)})
	})
}

// played ends the session when that was asked for and everything was heard:
// activities take their turn after what is being played, or there would be no
// abortPrompts. The line's mutex is held.
func (b *bot) played([]string) error {
	if !b.leaving || b.left || len(b.line.playout.queue) > 0 {
		return nil
	}
	b.left = true
	return b.stop()
}

func (b *bot) read(l *line) error {
	_, msg, err := b.conn.Next()
	if err != nil {
		return err
	}
	b.decoder.FromGateway(msg, &b.message)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch m := &b.message; m.Kind {
	case audiocodes.PlayStart:
		if b.play != "" || m.Format != b.name {
			l.violations.Add("playStream.start while another one is open, or of another format")
		}
		b.play = m.StreamID
	case audiocodes.PlayChunk:
		if m.StreamID != b.play {
			l.violations.Add("playStream.chunk of a stream that is not open")
			return nil
		}
		l.queue(m.Audio)
	case audiocodes.PlayStop:
		if m.StreamID != b.play {
			l.violations.Add("playStream.stop of a stream that is not open")
		}
		b.play = ""
	case audiocodes.Activities:
		for _, a := range m.Activities {
			if err := b.activity(l, a); err != nil {
				return err
			}
		}
	case audiocodes.UserStarted, audiocodes.UserStopped:
	default:
		l.violations.Add("a message of an unknown type, or malformed: %s", m.Problem)
	}
	return nil
}

// activity carries out an event of the gateway. The line's mutex is held.
func (b *bot) activity(l *line, a audiocodes.Activity) error {
	switch a.Name {
	case audiocodes.EventAbortPrompts:
		return l.drop()
	case audiocodes.EventTransfer:
		l.handOver(a.Params[audiocodes.ParamTarget], a.Params[audiocodes.ParamReason])
	case audiocodes.EventHangup:
		l.end.Next = nextHangup
	default:
		l.violations.Add("an unknown event")
		return nil
	}
	b.leaving = true
	return nil
}

func (b *bot) stop() error {
	return b.send(func(dst []byte) []byte { return audiocodes.AppendEnd(dst, "client-disconnected", "call ended") })
}

func (b *bot) close() { b.conn.Close() }
