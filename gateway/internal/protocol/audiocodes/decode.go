package audiocodes

import (
	"encoding/base64"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"
)

// Decoder decodes messages into reused buffers. The zero value is ready; it is
// used by one goroutine.
type Decoder struct {
	audio []byte
	last  string // id or participant of the last chunk
	stats DecodeStats
}

// DecodeStats counts what was ignored.
type DecodeStats struct {
	UnknownTypes int64
	Malformed    int64
}

// Stats gives the counts so far.
func (d *Decoder) Stats() DecodeStats { return d.stats }

// FromPlatform decodes a message of the platform: Initiate, Resume, End,
// UserStart, UserChunk, UserStop, Activities, Validate, Unknown or Malformed.
// Unknown fields are ignored.
func (d *Decoder) FromPlatform(msg []byte, m *Message) {
	d.decode(msg, m, UserChunk, platformMessage)
}

// FromGateway decodes a message to the platform: Accepted, Refused,
// UserStarted, UserStopped, PlayStart, PlayChunk, PlayStop, Activities,
// Validated, Unknown or Malformed.
func (d *Decoder) FromGateway(msg []byte, m *Message) {
	d.decode(msg, m, PlayChunk, gatewayMessage)
}

func (d *Decoder) decode(msg []byte, m *Message, chunk Kind, read func(*wirejson.Fields, *Message) string) {
	if c, ok := scan(msg); ok && string(c.kind) == types[chunk] && (chunk != PlayChunk || len(c.stream) > 0) {
		*m = Message{Kind: chunk}
		if chunk == PlayChunk {
			m.StreamID = d.intern(c.stream)
		} else {
			m.Participant = d.intern(c.participant)
		}
		d.sound(c.audio, m)
		return
	}
	d.slow(msg, m, read)
}

func (d *Decoder) slow(msg []byte, m *Message, read func(*wirejson.Fields, *Message) string) {
	*m = Message{}
	f := wirejson.Parse(msg)
	sound := read(f, m)
	switch {
	case f.Problem() != "":
		*m = Message{Kind: Malformed, Problem: f.Problem()}
		d.stats.Malformed++
	case m.Kind == Unknown:
		*m = Message{}
		d.stats.UnknownTypes++
	case m.Kind == UserChunk, m.Kind == PlayChunk:
		d.sound([]byte(sound), m)
	}
}

func (d *Decoder) sound(text []byte, m *Message) {
	sound, err := base64.StdEncoding.AppendDecode(d.audio[:0], text)
	if err != nil {
		*m = Message{Kind: Malformed, Problem: "audioChunk is not base64"}
		d.stats.Malformed++
		return
	}
	d.audio, m.Audio = sound, sound
}

// intern keeps one string instead of one for each chunk.
func (d *Decoder) intern(s []byte) string {
	if string(s) != d.last {
		d.last = string(s)
	}
	return d.last
}

// chunk is an audio message whose parts still point into the message.
type chunk struct{ kind, conversation, participant, stream, audio []byte }

// scan reads audio messages in their plain shape: known names once each.
func scan(msg []byte) (c chunk, ok bool) {
	s := wirejson.Scanner{Rest: msg}
	ok = s.Object(func(name []byte) bool {
		var to *[]byte
		switch string(name) {
		case "type":
			to = &c.kind
		case "conversationId":
			to = &c.conversation
		case "participant":
			to = &c.participant
		case "streamId":
			to = &c.stream
		case "audioChunk":
			to = &c.audio
		}
		if to == nil || *to != nil {
			return false
		}
		var ok bool
		*to, ok = s.Text()
		return ok
	})
	return c, ok && s.Done() && c.audio != nil
}
