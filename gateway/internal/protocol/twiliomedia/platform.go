package twiliomedia

import (
	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// Platform is Twilio's end of a stream. It numbers its messages itself. Read
// is called by one goroutine; everything else may be called by others.
type Platform struct {
	conn
	decoder Decoder

	// Changed while a message is encoded, which is done by one at a time.
	stream          Start
	sequence, chunk int64
}

// NewPlatform takes over an open connection to a gateway or bot. Dial it
// without an Origin header and without compression, as Twilio does.
func NewPlatform(ws *websocket.Conn) *Platform {
	return &Platform{conn: conn{wsconn.New(ws, limits)}}
}

// NewLenientPlatform is NewPlatform for a bot that anybody may have written: it
// has limits of its own, and a message that is no text is Malformed instead of
// the end.
func NewLenientPlatform(ws *websocket.Conn, l wsconn.Limits) *Platform {
	l.Only = 0
	p := &Platform{conn: conn{wsconn.New(ws, l)}}
	p.ws.LimitControl(maxControl)
	return p
}

// maxControl is how many pings and pongs a second a bot may send.
const maxControl = 100

// Read waits for the next message, see Gateway.Read.
func (p *Platform) Read(m *Message) error {
	kind, msg, err := p.ws.Next()
	if err != nil {
		return err
	}
	if kind != wsconn.Text {
		p.decoder.malformed(m, "not a text message")
		return nil
	}
	p.decoder.FromGateway(msg, m)
	return nil
}

// Stats counts what was ignored; call it from the goroutine that reads.
func (p *Platform) Stats() DecodeStats { return p.decoder.Stats() }

// Connected sends the first message.
func (p *Platform) Connected() error { return p.send(AppendConnected) }

// Start sends "start"; the messages after it belong to its stream.
func (p *Platform) Start(s Start) error {
	return p.send(func(dst []byte) []byte {
		p.stream = s
		p.sequence++
		return AppendStart(dst, p.sequence, &s)
	})
}

// Media sends caller audio; timestamp is in milliseconds since the stream
// started.
func (p *Platform) Media(timestamp int64, audio []byte) error {
	return p.send(func(dst []byte) []byte {
		p.sequence++
		p.chunk++
		return AppendInbound(dst, p.stream.StreamSID, p.sequence, p.chunk, timestamp, audio)
	})
}

// DTMF sends one key: 0-9 * # A-D.
func (p *Platform) DTMF(digit string) error {
	return p.send(func(dst []byte) []byte {
		p.sequence++
		return AppendDTMF(dst, p.stream.StreamSID, p.sequence, digit)
	})
}

// Played echoes a mark whose audio was played or cleared.
func (p *Platform) Played(name string) error {
	return p.send(func(dst []byte) []byte {
		p.sequence++
		return AppendPlayed(dst, p.stream.StreamSID, p.sequence, name)
	})
}

// Stop sends "stop"; close the connection next.
func (p *Platform) Stop() error {
	return p.send(func(dst []byte) []byte {
		p.sequence++
		return AppendStop(dst, p.sequence, &p.stream)
	})
}
