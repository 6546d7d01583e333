package twiliomedia

import "bytes"

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
)

// mediaFields must be in every media message; the gateway's have no others.
const mediaFields = hasEvent | hasStreamSID | hasMedia | hasPayload

// markFields are those of a mark, besides the platform's sequence number.
const markFields = hasEvent | hasStreamSID | hasMark | hasName

// scan reads the two frequent messages in their plain shape: known names once
// each, strings of printable ASCII without escapes, short numbers. It answers
// false for everything else, valid or not; then encoding/json decides.
func scan(msg []byte) (raw, bool) {
	s := scanner{rest: msg}
	r := raw{sequence: Absent, chunk: Absent, timestamp: Absent}
	ok := s.object(func(name []byte) bool {
		switch string(name) {
		case "event":
			v, ok := s.text()
			switch string(v) {
			case "media":
				r.kind = Media
			case "mark":
				r.kind = Mark
			default:
				return false
			}
			return ok && r.once(hasEvent)
		case "sequenceNumber":
			return s.number(&r.sequence) && r.once(hasSequence)
		case "streamSid":
			var ok bool
			r.streamSID, ok = s.text()
			return ok && r.once(hasStreamSID)
		case "media":
			return r.once(hasMedia) && s.object(func(name []byte) bool { return r.media(&s, name) })
		case "mark":
			return r.once(hasMark) && s.object(func(name []byte) bool { return r.mark(&s, name) })
		}
		return false
	})
	s.space()
	return r, ok && len(s.rest) == 0
}

func (r *raw) media(s *scanner, name []byte) bool {
	switch string(name) {
	case "track":
		v, ok := s.text()
		r.inbound = string(v) == TrackInbound
		return ok && r.once(hasTrack) && r.inbound
	case "chunk":
		return s.number(&r.chunk) && r.once(hasChunk)
	case "timestamp":
		return s.number(&r.timestamp) && r.once(hasTimestamp)
	case "payload":
		var ok bool
		r.payload, ok = s.text()
		return ok && r.once(hasPayload)
	}
	return false
}

func (r *raw) mark(s *scanner, name []byte) bool {
	if string(name) != "name" {
		return false
	}
	var ok bool
	r.name, ok = s.text()
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

// scanner consumes JSON from the front of rest.
type scanner struct{ rest []byte }

func (s *scanner) space() {
	for len(s.rest) > 0 && s.rest[0] == ' ' {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) take(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// object reads an object with at least one member; member reads the value.
func (s *scanner) object(member func(name []byte) bool) bool {
	if !s.take('{') {
		return false
	}
	for {
		name, ok := s.text()
		if !ok || !s.take(':') || !member(name) {
			return false
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// text reads a string without escapes.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	end := bytes.IndexByte(s.rest, '"')
	if end < 0 {
		return nil, false
	}
	v := s.rest[:end]
	for _, c := range v {
		if c < ' ' || c > '~' || c == '\\' {
			return nil, false
		}
	}
	s.rest = s.rest[end+1:]
	return v, true
}

// number reads a whole number of at most 15 digits, written as a JSON number
// or as a string.
func (s *scanner) number(to *int64) bool {
	quoted := s.take('"')
	var n int64
	digits := 0
	for digits < len(s.rest) && digits < 16 && '0' <= s.rest[digits] && s.rest[digits] <= '9' {
		n = n*10 + int64(s.rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 15 || digits > 1 && s.rest[0] == '0' {
		return false
	}
	s.rest = s.rest[digits:]
	*to = n
	return !quoted || len(s.rest) > 0 && s.rest[0] == '"' && s.take('"')
}
