package g722

// Encoder encodes one stream. One goroutine uses it.
type Encoder struct {
	low, high band
	past      [24]int
}

// NewEncoder makes an Encoder for a stream that begins.
func NewEncoder() *Encoder { return &Encoder{low: newLow(), high: newHigh()} }

// Append encodes samples of 16 kHz, of which there must be an even number, and
// appends the bytes to dst.
func (e *Encoder) Append(dst []byte, src []int16) []byte {
	for ; len(src) >= 2; src = src[2:] {
		copy(e.past[:], e.past[2:])
		e.past[22], e.past[23] = int(src[0]), int(src[1])
		odd, even := 0, 0
		for i, c := range qmf {
			odd += e.past[2*i] * c
			even += e.past[2*i+1] * qmf[11-i]
		}
		dst = append(dst, e.encodeHigh((even-odd)>>14)<<6|e.encodeLow((even+odd)>>14))
	}
	return dst
}

// encodeLow is QUANTL and what follows it.
func (e *Encoder) encodeLow(x int) byte {
	b := &e.low
	diff := clamp(x - b.predicted)
	size := magnitude(diff)
	level := 1
	for level < 30 && size >= decide6[level]*b.scale>>12 {
		level++
	}
	code := 62 - level // ILP
	if diff < 0 {
		code = 34 - level // ILN: 4 to 31, and 62, 63 for the two smallest
		if level <= 2 {
			code = 64 - level
		}
	}
	core := code >> 2
	b.adapt(b.scale*output4[core]>>15, scale4[core])
	return byte(code)
}

// encodeHigh is QUANTH and what follows it.
func (e *Encoder) encodeHigh(x int) byte {
	b := &e.high
	diff := clamp(x - b.predicted)
	code := 1
	if magnitude(diff) >= decide2*b.scale>>12 {
		code = 0
	}
	if diff >= 0 {
		code += 2
	}
	b.adapt(b.scale*output2[code]>>15, scale2[code])
	return byte(code)
}

// magnitude is that of a number in ones' complement, as the Recommendation has
// it.
func magnitude(v int) int {
	if v < 0 {
		return -(v + 1)
	}
	return v
}
