package audio

import (
	"encoding/binary"
	"fmt"
	"io"
)

// MaxWAV bounds the bytes ReadWAV takes: 17 minutes of 16-bit mono at 16 kHz.
const MaxWAV = 32 << 20

// Format tags of the fmt chunk, RFC 2361.
const (
	wavPCM        = 1
	wavAlaw       = 6
	wavMulaw      = 7
	wavExtensible = 0xFFFE // the tag proper is in the extension
)

// Sampling rates of WAV files, in hertz.
const (
	minWAVRate = 1000
	maxWAVRate = 192000
)

// WriteWAV writes the sound as 16-bit mono PCM. It fails for what ReadWAV
// would refuse.
func WriteWAV(w io.Writer, s Sound) error {
	const header = 44
	size := 2 * len(s.Samples)
	if s.Rate < minWAVRate || s.Rate > maxWAVRate {
		return fmt.Errorf("write WAV: sampling rate %d Hz is not supported", s.Rate)
	}
	if header+size > MaxWAV {
		return fmt.Errorf("write WAV: more than %d bytes", MaxWAV)
	}
	le := binary.LittleEndian
	b := make([]byte, 0, header+size)
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(header-8+size))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, wavPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(s.Rate))
	b = le.AppendUint32(b, uint32(2*s.Rate))
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(size))
	b = L16.AppendEncode(b, s.Samples)
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}
