package audio

import "math/bits"

// The µ-law of ITU-T G.711 table 2 in 16-bit units: every segment is twice as
// long as the one before it, and the bias makes all of them start at a power
// of two.
const (
	mulawBias = 33 << 2
	mulawClip = 1<<15 - 1 - mulawBias
)

var mulawSamples = expand(decodeMulaw)

// expand tabulates a decoder for all 256 codes.
func expand(decode func(byte) int16) (t [256]int16) {
	for c := range t {
		t[c] = decode(byte(c))
	}
	return t
}

func decodeMulaw(code byte) int16 {
	c := int(^code)
	m := (c&0x0F<<3+mulawBias)<<(c>>4&7) - mulawBias
	if c&0x80 != 0 {
		return int16(-m)
	}
	return int16(m)
}

// encodeMulaw treats both signs alike: a sample on a decision value takes the
// larger magnitude. G.711 leaves that open.
func encodeMulaw(s int16) byte {
	m, flip := int(s), byte(0xFF)
	if m < 0 {
		m, flip = -m, 0x7F
	}
	m = min(m, mulawClip) + mulawBias
	seg := bits.Len16(uint16(m)) - 8
	return byte(seg<<4|m>>(seg+3)&0x0F) ^ flip
}
