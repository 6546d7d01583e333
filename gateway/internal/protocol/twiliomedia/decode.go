package twiliomedia

import "encoding/base64"

// Decoder decodes messages into reused buffers. The zero value is ready; it is
// used by one goroutine.
type Decoder struct {
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
		case r.is(Media, mediaFields, hasSequence|hasTrack|hasChunk|hasTimestamp):
			d.media(&r, m)
			return
		case r.is(Mark, markFields, hasSequence):
			*m = Message{
				Kind: Mark, StreamSID: d.intern(r.streamSID), Name: string(r.name),
				Sequence: r.sequence, Chunk: Absent, Timestamp: Absent,
			}
			return
		}
	}
	d.slow(msg, m, platformEvent)
}

// FromGateway decodes a message to the platform: Media, Mark, Clear, Unknown
// or Malformed. Like the platform it insists on the exact shapes: a missing
// or additional field is Malformed (the vendor's warning 31951).
func (d *Decoder) FromGateway(msg []byte, m *Message) {
	if r, ok := scan(msg); ok && r.is(Media, mediaFields, 0) && len(r.payload) > 0 {
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

func (d *Decoder) slow(msg []byte, m *Message, event func(*fields, *Message) []byte) {
	*m = Message{Sequence: Absent, Chunk: Absent, Timestamp: Absent}
	f := parse(msg)
	payload := event(f, m)
	switch {
	case f.problem != "":
		*m = Message{Kind: Malformed, Problem: f.problem}
		d.stats.Malformed++
		return
	case m.Kind == Unknown:
		d.stats.UnknownEvents++
		return
	}
	d.stats.UnknownFields += int64(f.left())
	m.StreamSID = d.intern([]byte(m.StreamSID))
	if m.Kind == Media {
		d.payload(payload, m)
	}
}

func (d *Decoder) payload(text []byte, m *Message) {
	audio, err := base64.StdEncoding.AppendDecode(d.audio[:0], text)
	if err != nil {
		*m = Message{Kind: Malformed, Problem: "payload is not base64"}
		d.stats.Malformed++
		return
	}
	d.audio, m.Payload = audio, audio
}

// intern keeps one string for the stream's id instead of one per message.
func (d *Decoder) intern(sid []byte) string {
	if string(sid) != d.streamSID {
		d.streamSID = string(sid)
	}
	return d.streamSID
}

func platformEvent(f *fields, m *Message) (payload []byte) {
	event := f.text("event", true)
	m.Sequence = f.number("sequenceNumber")
	m.StreamSID = f.text("streamSid", false)
	switch event {
	case "connected":
		m.Kind = Connected
		f.ignore("protocol", "version")
	case "start":
		m.Kind = Started
		m.Start = start(f.object("start"))
		if m.StreamSID == "" {
			m.StreamSID = m.Start.StreamSID
		}
		if m.Start.StreamSID != "" && m.Start.StreamSID != m.StreamSID {
			f.fail("start names two streams")
		}
		m.Start.StreamSID = m.StreamSID
	case "media":
		m.Kind = Media
		media := f.object("media")
		m.Track = media.text("track", false)
		m.Chunk = media.number("chunk")
		m.Timestamp = media.number("timestamp")
		payload = []byte(media.text("payload", true))
	case "dtmf":
		m.Kind = DTMF
		dtmf := f.object("dtmf")
		dtmf.ignore("track")
		m.Digit = dtmf.text("digit", true)
	case "mark":
		m.Kind = Mark
		m.Name = f.object("mark").text("name", true)
	case "stop":
		m.Kind = Stopped
		f.ignore("stop") // the account and call again
	}
	if m.Kind > Connected && m.StreamSID == "" {
		f.fail("streamSid is missing")
	}
	return payload
}

func gatewayEvent(f *fields, m *Message) (payload []byte) {
	event := f.text("event", true)
	m.StreamSID = f.text("streamSid", false)
	switch event {
	case "media":
		m.Kind = Media
		payload = []byte(f.object("media").text("payload", true))
		if len(payload) == 0 {
			f.fail("payload is empty")
		}
	case "mark":
		m.Kind = Mark
		if m.Name = f.object("mark").text("name", true); m.Name == "" {
			f.fail("name is empty")
		}
	case "clear":
		m.Kind = Clear
	default:
		return nil
	}
	if m.StreamSID == "" {
		f.fail("streamSid is missing")
	}
	if f.left() > 0 {
		f.fail("a field is not of this message")
	}
	return payload
}

func start(f *fields) *Start {
	s := &Start{
		StreamSID:  f.text("streamSid", false),
		AccountSID: f.text("accountSid", false),
		CallSID:    f.text("callSid", false),
	}
	f.ignore("tracks")
	s.CustomParameters = f.parameters("customParameters")
	format := f.object("mediaFormat")
	s.Format = MediaFormat{
		Encoding:   format.text("encoding", false),
		SampleRate: format.number("sampleRate"),
		Channels:   format.number("channels"),
	}
	return s
}
