package twiliomedia

import (
	"encoding/base64"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// Decoder decodes messages into reused buffers. The zero value is ready and as
// strict as Twilio; it is used by one goroutine.
type Decoder struct {
	// Variants takes what other implementations of Media Streams do
	// differently, too: names in snake_case, a start without a format, and the
	// message Transfer.
	Variants bool

	audio     []byte
	streamSID string
	stats     DecodeStats
}

// DecodeStats counts what was ignored.
type DecodeStats struct {
	UnknownEvents int64
	UnknownFields int64
	Malformed     int64
}

// Stats gives the counts so far.
func (d *Decoder) Stats() DecodeStats { return d.stats }

// FromPlatform decodes a message of the platform: Connected, Started, Media,
// DTMF, Mark, Stopped, Unknown or Malformed. Numbers may be JSON strings or
// numbers; unknown fields are counted.
func (d *Decoder) FromPlatform(msg []byte, m *Message) {
	if r, ok := scan(msg); ok {
		switch {
		case r.is(Media, mediaFields, hasSequence|hasTrack|hasChunk|hasTimestamp|d.also()):
			d.media(&r, m)
			return
		case r.is(Mark, markFields, hasSequence|d.also()):
			*m = Message{
				Kind: Mark, StreamSID: d.intern(r.streamSID), Name: string(r.name),
				Sequence: r.sequence, Chunk: Absent, Timestamp: Absent,
			}
			return
		}
	}
	d.slow(msg, m, platformEvent)
}

// also is what a message in its plain shape may have besides its own fields.
func (d *Decoder) also() field {
	if d.Variants {
		return isSnake
	}
	return 0
}

// FromGateway decodes a message to the platform: Media, Mark, Clear, Unknown
// or Malformed, with Variants also Transfer. Like the platform it insists on
// the exact shapes: a missing or additional field is Malformed (the vendor's
// warning 31951).
func (d *Decoder) FromGateway(msg []byte, m *Message) {
	if r, ok := scan(msg); ok && r.is(Media, mediaFields, d.also()) && len(r.payload) > 0 {
		d.media(&r, m)
		return
	}
	d.slow(msg, m, gatewayEvent)
}

func (d *Decoder) media(r *raw, m *Message) {
	*m = Message{
		Kind: Media, StreamSID: d.intern(r.streamSID),
		Sequence: r.sequence, Chunk: r.chunk, Timestamp: r.timestamp,
	}
	if r.inbound {
		m.Track = TrackInbound
	}
	d.payload(r.payload, m)
}

func (d *Decoder) slow(msg []byte, m *Message, event func(*wirejson.Fields, *Message) []byte) {
	*m = Message{Sequence: Absent, Chunk: Absent, Timestamp: Absent}
	f := wirejson.Parse(msg)
	f.Either = d.Variants
	payload := event(f, m)
	switch {
	case f.Problem() != "":
		d.malformed(m, f.Problem())
		return
	case m.Kind == Unknown:
		d.stats.UnknownEvents++
		return
	}
	d.stats.UnknownFields += int64(f.Left())
	m.StreamSID = d.intern([]byte(m.StreamSID))
	if m.Kind == Media {
		d.payload(payload, m)
	}
}

func (d *Decoder) payload(text []byte, m *Message) {
	audio, err := base64.StdEncoding.AppendDecode(d.audio[:0], text)
	if err != nil {
		d.malformed(m, "payload is not base64")
		return
	}
	d.audio, m.Payload = audio, audio
	if cap(audio) > keepAudio {
		d.audio = nil // one large message must not cost memory for the rest of the call
	}
}

func (d *Decoder) malformed(m *Message, problem string) {
	*m = Message{Kind: Malformed, Problem: problem}
	d.stats.Malformed++
}

// keepAudio is how large a buffer is kept for the next message.
const keepAudio = 64 << 10

// intern keeps one string for the stream's id instead of one per message.
func (d *Decoder) intern(sid []byte) string {
	if string(sid) != d.streamSID {
		d.streamSID = string(sid)
	}
	return d.streamSID
}

func platformEvent(f *wirejson.Fields, m *Message) (payload []byte) {
	event := f.Text("event", true)
	m.Sequence = f.Number("sequenceNumber")
	m.StreamSID = f.Text("streamSid", false)
	switch event {
	case "connected":
		m.Kind = Connected
		f.Ignore("protocol", "version")
	case "start":
		m.Kind = Started
		m.Start = start(f.Object("start"), f.Either)
		if m.StreamSID == "" {
			m.StreamSID = m.Start.StreamSID
		}
		if m.Start.StreamSID != "" && m.Start.StreamSID != m.StreamSID {
			f.Fail("start names two streams")
		}
		m.Start.StreamSID = m.StreamSID
		if f.Snake() {
			m.Start.Spelling = Snake
		}
	case "media":
		m.Kind = Media
		media := f.Object("media")
		m.Track = media.Text("track", false)
		m.Chunk = media.Number("chunk")
		m.Timestamp = media.Number("timestamp")
		payload = []byte(media.Text("payload", true))
	case "dtmf":
		m.Kind = DTMF
		dtmf := f.Object("dtmf")
		dtmf.Ignore("track")
		m.Digit = dtmf.Text("digit", true)
	case "mark":
		m.Kind = Mark
		m.Name = f.Object("mark").Text("name", true)
	case "stop":
		m.Kind = Stopped
		f.Ignore("stop") // the account and call again
	}
	if m.Kind > Connected && m.StreamSID == "" {
		f.Fail("streamSid is missing")
	}
	return payload
}

func gatewayEvent(f *wirejson.Fields, m *Message) (payload []byte) {
	event := f.Text("event", true)
	m.StreamSID = f.Text("streamSid", false)
	switch event {
	case "media":
		m.Kind = Media
		payload = []byte(f.Object("media").Text("payload", true))
		if len(payload) == 0 {
			f.Fail("payload is empty")
		}
	case "mark":
		m.Kind = Mark
		if m.Name = f.Object("mark").Text("name", true); m.Name == "" {
			f.Fail("name is empty")
		}
	case "clear":
		m.Kind = Clear
	case "transfer":
		if !f.Either {
			return nil
		}
		m.Kind = Transfer
		m.Transfer = transfer(f.Object("transfer"))
	default:
		return nil
	}
	if m.StreamSID == "" {
		f.Fail("streamSid is missing")
	}
	if f.Left() > 0 {
		f.Fail("a field is not of this message")
	}
	return payload
}

func start(f *wirejson.Fields, variants bool) *Start {
	s := &Start{
		StreamSID:  f.Text("streamSid", false),
		AccountSID: f.Text("accountSid", false),
		CallSID:    f.Text("callSid", false),
	}
	f.Ignore("tracks")
	s.CustomParameters = f.Parameters("customParameters", MaxParameters, MaxParametersBytes)
	var format *wirejson.Fields
	if variants {
		// https://docs.exotel.com/exotel-agentstream/voicebot-applet
		s.From, s.To = f.Text("from", false), f.Text("to", false)
		var ok bool
		if format, ok = f.Optional("mediaFormat"); !ok {
			s.Format = Mulaw
			return s
		}
	} else {
		format = f.Object("mediaFormat")
	}
	s.Format = MediaFormat{
		Encoding:   format.Text("encoding", false),
		SampleRate: format.Number("sampleRate"),
		Channels:   format.Number("channels"),
	}
	return s
}

func transfer(f *wirejson.Fields) *Handover {
	return &Handover{
		Reason:     f.Text("reason", true),
		Target:     f.Text("target", false),
		Attributes: f.Parameters("attributes", MaxParameters, MaxParametersBytes),
	}
}
