package platform

import (
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// limits of a connection, on the platform's side.
var limits = wsconn.Limits{
	Message: 1 << 20, Idle: time.Minute, Ping: 20 * time.Second, Write: 5 * time.Second, Only: wsconn.Text,
}

// media is a call in Media Streams.
type media struct {
	spelling   twiliomedia.Spelling
	announced  twiliomedia.MediaFormat
	parameters map[string]string
	big        bool

	conn    *wsconn.Conn
	sound   audio.Format
	stream  twiliomedia.Start
	decoder twiliomedia.Decoder
	message twiliomedia.Message

	// Changed while a message is encoded, which is done by one at a time.
	sequence, chunk int64
}

func (m *media) format() audio.Format { return m.sound }

// open sends the first two messages; the gateway answers none of them.
func (m *media) open(ws *websocket.Conn, l *line, at channel.Placement) error {
	if m.announced.Encoding == "" {
		m.announced = twiliomedia.Mulaw
	}
	codec := audio.L16
	switch m.announced.Encoding {
	case "audio/x-mulaw", "audio/pcmu":
		codec = audio.PCMU
	case "audio/x-alaw", "audio/pcma":
		codec = audio.PCMA
	}
	m.sound = audio.Format{Codec: codec, Rate: int(m.announced.SampleRate)}
	m.big = m.big && codec == audio.L16
	parameters := map[string]string{"from": at.From, "to": at.To}
	for name, value := range m.parameters {
		parameters[name] = value
	}
	m.stream = twiliomedia.Start{
		StreamSID: "stream-" + l.id, CallSID: l.id, AccountSID: "account", Format: m.announced, CustomParameters: parameters,
	}
	m.decoder.Variants = true
	m.conn = wsconn.New(ws, limits)
	if err := m.send(twiliomedia.AppendConnected); err != nil {
		return err
	}
	return m.send(func(dst []byte) []byte {
		m.sequence++
		return m.spelling.AppendStart(dst, m.sequence, &m.stream)
	})
}

func (m *media) send(encode func([]byte) []byte) error { return m.conn.Send(wsconn.Text, encode) }

func (m *media) say(at time.Duration, frame []byte) error {
	m.swap(frame)
	return m.send(func(dst []byte) []byte {
		m.sequence++
		m.chunk++
		return m.spelling.AppendInbound(dst, m.stream.StreamSID, m.sequence, m.chunk, at.Milliseconds(), frame)
	})
}

// swap turns the byte order between the line's and the wire's.
func (m *media) swap(data []byte) {
	for ; m.big && len(data) >= 2; data = data[2:] {
		data[0], data[1] = data[1], data[0]
	}
}

func (m *media) press(digit byte) error {
	return m.send(func(dst []byte) []byte {
		m.sequence++
		return m.spelling.AppendDTMF(dst, m.stream.StreamSID, m.sequence, string(digit))
	})
}

func (m *media) played(marks []string) error {
	for _, name := range marks {
		err := m.send(func(dst []byte) []byte {
			m.sequence++
			return m.spelling.AppendPlayed(dst, m.stream.StreamSID, m.sequence, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *media) read(l *line) error {
	_, msg, err := m.conn.Next()
	if err != nil {
		return err
	}
	m.decoder.FromGateway(msg, &m.message)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch in := &m.message; {
	case in.Kind == twiliomedia.Malformed:
		l.violations.Add("a message that is not of the documented shape: %s", in.Problem)
	case in.Kind == twiliomedia.Unknown:
		l.violations.Add("a message with an unknown event")
	case in.StreamSID != m.stream.StreamSID:
		l.violations.Add("a message for another stream")
	case l.end.Next != "":
		l.violations.Add("a message after the transfer")
	case in.Kind == twiliomedia.Media:
		m.swap(in.Payload)
		l.queue(in.Payload)
	case in.Kind == twiliomedia.Mark:
		p := &l.playout
		if len(p.marks) >= maxMarks {
			l.violations.Add("too many marks wait to be answered")
			return nil
		}
		p.marks = append(p.marks, mark{in.Name, p.taken + int64(len(p.queue))})
		_ = m.played(p.heard()) // if it fails, reading does so next
	case in.Kind == twiliomedia.Clear:
		_ = l.drop() // if it fails, reading does so next
	case in.Kind == twiliomedia.Transfer:
		l.handOver(in.Transfer.Target, in.Transfer.Reason)
	}
	return nil
}

func (m *media) stop() error {
	err := m.send(func(dst []byte) []byte {
		m.sequence++
		return m.spelling.AppendStop(dst, m.sequence, &m.stream)
	})
	if err != nil {
		return err
	}
	return m.conn.Shutdown(websocket.CloseNormalClosure, "")
}

func (m *media) close() { m.conn.Close() }
