package twiliomedia

import "github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"

// raw is a media or mark message whose parts still point into the message.
type raw struct {
	kind                       Kind
	streamSID, payload, name   []byte
	seen                       field
	inbound                    bool
	sequence, chunk, timestamp int64
}

type field uint16

const (
	hasEvent field = 1 << iota
	hasSequence
	hasStreamSID
	hasMedia
	hasTrack
	hasChunk
	hasTimestamp
	hasPayload
	hasMark
	hasName
	isSnake // a name is in snake_case
)

// mediaFields must be in every media message; the gateway's have no others.
const mediaFields = hasEvent | hasStreamSID | hasMedia | hasPayload

// markFields are those of a mark, besides the platform's sequence number.
const markFields = hasEvent | hasStreamSID | hasMark | hasName

// scan reads the two frequent messages in their plain shape: known names once
// each, strings of printable ASCII without escapes, short numbers. It answers
// false for everything else, valid or not; then encoding/json decides.
func scan(msg []byte) (raw, bool) {
	s := wirejson.Scanner{Rest: msg}
	r := raw{sequence: Absent, chunk: Absent, timestamp: Absent}
	ok := s.Object(func(name []byte) bool {
		switch string(name) {
		case "event":
			v, ok := s.Text()
			switch string(v) {
			case "media":
				r.kind = Media
			case "mark":
				r.kind = Mark
			default:
				return false
			}
			return ok && r.once(hasEvent)
		case "sequence_number":
			r.seen |= isSnake
			fallthrough
		case "sequenceNumber":
			return s.Number(&r.sequence) && r.once(hasSequence)
		case "stream_sid":
			r.seen |= isSnake
			fallthrough
		case "streamSid":
			var ok bool
			r.streamSID, ok = s.Text()
			return ok && r.once(hasStreamSID)
		case "media":
			return r.once(hasMedia) && s.Object(func(name []byte) bool { return r.media(&s, name) })
		case "mark":
			return r.once(hasMark) && s.Object(func(name []byte) bool { return r.mark(&s, name) })
		}
		return false
	})
	return r, ok && s.Done()
}

func (r *raw) media(s *wirejson.Scanner, name []byte) bool {
	switch string(name) {
	case "track":
		v, ok := s.Text()
		r.inbound = string(v) == TrackInbound
		return ok && r.once(hasTrack) && r.inbound
	case "chunk":
		return s.Number(&r.chunk) && r.once(hasChunk)
	case "timestamp":
		return s.Number(&r.timestamp) && r.once(hasTimestamp)
	case "payload":
		var ok bool
		r.payload, ok = s.Text()
		return ok && r.once(hasPayload)
	}
	return false
}

func (r *raw) mark(s *wirejson.Scanner, name []byte) bool {
	if string(name) != "name" {
		return false
	}
	var ok bool
	r.name, ok = s.Text()
	return ok && r.once(hasName)
}

// is reports whether the message is of a kind and has its fields; others than
// these and more it may have.
func (r *raw) is(kind Kind, fields, more field) bool {
	return r.kind == kind && r.seen&fields == fields && r.seen&^(fields|more) == 0 && len(r.streamSID) > 0
}

func (r *raw) once(f field) bool {
	first := r.seen&f == 0
	r.seen |= f
	return first
}
