package audio

import "math/bits"

var alawSamples = expand(decodeAlaw)

// decodeAlaw follows ITU-T G.711 table 1 in 16-bit units. Its first two
// segments have the same step, unlike those of the µ-law.
func decodeAlaw(code byte) int16 {
	c := int(code ^ 0x55)
	m := c&0x0F<<4 + 8
	if seg := c >> 4 & 7; seg > 0 {
		m = (m + 1<<8) << (seg - 1)
	}
	if c&0x80 == 0 {
		return int16(-m)
	}
	return int16(m)
}

// encodeAlaw treats both signs alike: a sample on a decision value takes the
// larger magnitude. G.711 leaves that open.
func encodeAlaw(s int16) byte {
	m, flip := int(s), byte(0xD5)
	if m < 0 {
		m, flip = min(-m, 1<<15-1), 0x55
	}
	seg := max(bits.Len16(uint16(m))-8, 0)
	return byte(seg<<4|m>>max(seg+3, 4)&0x0F) ^ flip
}
