package threeclogic

import (
	"encoding/binary"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

// sound is the media format of a stream: what the session works with, and how
// the bytes of samples are ordered on the wire.
type sound struct {
	format audio.Format
	big    bool // 16-bit samples with the high byte first
}

// soundOf reads a format that a stream announced.
func soundOf(m twiliomedia.MediaFormat, byteOrder string) (sound, bool) {
	codec := audio.L16
	switch m.Encoding {
	case "audio/x-mulaw", "audio/pcmu":
		codec = audio.PCMU
	case "audio/x-alaw", "audio/pcma":
		codec = audio.PCMA
	case "audio/x-l16", "audio/x-raw", "audio/l16":
	default:
		return sound{}, false
	}
	switch {
	case m.Channels != 1 && m.Channels != twiliomedia.Absent:
		return sound{}, false
	case m.SampleRate == 8000:
	case codec == audio.L16 && (m.SampleRate == 16000 || m.SampleRate == 24000):
	default:
		return sound{}, false
	}
	return sound{
		format: audio.Format{Codec: codec, Rate: int(m.SampleRate)},
		big:    codec == audio.L16 && byteOrder == api.ThreeCLogicBig,
	}, true
}

// swap turns the byte order of samples between the wire's and the session's.
func (s sound) swap(data []byte) {
	if !s.big {
		return
	}
	for ; len(data) >= 2; data = data[2:] {
		binary.LittleEndian.PutUint16(data, binary.BigEndian.Uint16(data))
	}
}

// carry joins the odd byte of one message to the next: a sample may be cut in
// two by whoever splits a stream of bytes.
type carry struct {
	half    byte
	holding bool
	whole   []byte
}

// samples gives whole samples; they are valid until the next call.
func (c *carry) samples(f audio.Format, data []byte) []byte {
	if f.BytesPerSample() == 1 {
		return data
	}
	if c.holding {
		c.whole = append(append(c.whole[:0], c.half), data...)
		data, c.holding = c.whole, false
	}
	if n := len(data); n%2 == 1 {
		c.half, c.holding = data[n-1], true
		data = data[:n-1]
	}
	return data
}
