package dtmf

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Size is the length of an event in bytes, RFC 4733 section 2.3.
const Size = 4

// keys are the events 0 to 15, RFC 4733 section 3.2.
const keys = "0123456789*#ABCD"

// volume is the level of our tones in dBm0, negated.
const volume = 10

// ErrShort is answered by Parse for a payload that holds no event.
var ErrShort = errors.New("telephone event too short")

// Event is one payload.
type Event struct {
	Code     byte
	End      bool
	Duration uint16 // so far, in ticks of the stream's clock
}

// Parse reads a payload. Whatever follows the first event is ignored.
func Parse(payload []byte) (Event, error) {
	if len(payload) < Size {
		return Event{}, ErrShort
	}
	return Event{
		Code: payload[0], End: payload[1]&0x80 != 0, Duration: binary.BigEndian.Uint16(payload[2:]),
	}, nil
}

// Append appends the payload to dst.
func (e Event) Append(dst []byte) []byte {
	flags := byte(volume)
	if e.End {
		flags |= 0x80
	}
	return binary.BigEndian.AppendUint16(append(dst, e.Code, flags), e.Duration)
}

// Key is the key of an event, one of 0-9, *, #, A-D; false for other events.
func Key(code byte) (byte, bool) {
	if int(code) >= len(keys) {
		return 0, false
	}
	return keys[code], true
}

// code is the event of a key.
func code(key byte) (byte, bool) {
	i := strings.IndexByte(keys, key)
	return byte(i), i >= 0
}
