package audio

import (
	"fmt"
	"time"
)

// Codec is how samples are stored.
type Codec uint8

// Codecs of the media path. L16 is 16-bit little-endian linear PCM.
const (
	PCMU Codec = iota + 1 // ITU-T G.711 µ-law
	PCMA                  // ITU-T G.711 A-law
	L16
)

// FrameDuration is the unit of every queue and of pacing.
const FrameDuration = 20 * time.Millisecond

// Format is a codec and a sampling rate in hertz; always one channel.
type Format struct {
	Codec Codec
	Rate  int
}

// Formats in common use.
var (
	Mulaw8k   = Format{PCMU, 8000}
	Alaw8k    = Format{PCMA, 8000}
	Linear8k  = Format{L16, 8000}
	Linear16k = Format{L16, 16000}
)

// Validate refuses a codec that is not one of the constants and a rate that
// a Resampler does not take.
func (f Format) Validate() error {
	if f.Codec < PCMU || f.Codec > L16 {
		return fmt.Errorf("codec %d is not supported", f.Codec)
	}
	return validRate(f.Rate)
}

// String gives the form "PCMU/8000".
func (f Format) String() string {
	name := "?"
	if f.Codec <= L16 {
		name = [...]string{"?", "PCMU", "PCMA", "L16"}[f.Codec]
	}
	return fmt.Sprintf("%s/%d", name, f.Rate)
}

// BytesPerSample is 1 for G.711 and 2 for L16.
func (f Format) BytesPerSample() int {
	if f.Codec == L16 {
		return 2
	}
	return 1
}

// FrameBytes is the size of one 20 ms frame.
func (f Format) FrameBytes() int { return f.Rate / 50 * f.BytesPerSample() }

// Bytes is the size of d, cut to whole samples.
func (f Format) Bytes(d time.Duration) int {
	return int(int64(f.Rate)*int64(d)/int64(time.Second)) * f.BytesPerSample()
}

// Duration is how long n bytes last.
func (f Format) Duration(n int) time.Duration {
	return time.Duration(int64(n/f.BytesPerSample()) * int64(time.Second) / int64(f.Rate))
}

// Silence fills b with silence: 0xFF for µ-law, 0xD5 for A-law, 0 for L16.
func (f Format) Silence(b []byte) {
	var v byte
	switch f.Codec {
	case PCMU:
		v = 0xFF
	case PCMA:
		v = 0xD5
	}
	for i := range b {
		b[i] = v
	}
}
