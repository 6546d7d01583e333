package g722

// Decoder decodes one stream. One goroutine uses it.
type Decoder struct {
	low, high band
	past      [24]int
}

// NewDecoder makes a Decoder for a stream that begins.
func NewDecoder() *Decoder { return &Decoder{low: newLow(), high: newHigh()} }

// Append decodes bytes and appends two samples of 16 kHz for each to dst.
func (d *Decoder) Append(dst []int16, src []byte) []int16 {
	for _, code := range src {
		low, high := d.decodeLow(int(code&63)), d.decodeHigh(int(code>>6))
		copy(d.past[:], d.past[2:])
		d.past[22], d.past[23] = low+high, low-high
		odd, even := 0, 0
		for i, c := range qmf {
			odd += d.past[2*i] * c
			even += d.past[2*i+1] * qmf[11-i]
		}
		dst = append(dst, int16(clamp(even>>11)), int16(clamp(odd>>11)))
	}
	return dst
}

// decodeLow gives the sample of the lower band.
func (d *Decoder) decodeLow(code int) int {
	b := &d.low
	sample := limit(b.predicted + b.scale*output6[code]>>15)
	core := code >> 2
	b.adapt(b.scale*output4[core]>>15, scale4[core])
	return sample
}

// decodeHigh gives the sample of the higher band.
func (d *Decoder) decodeHigh(code int) int {
	b := &d.high
	diff := b.scale * output2[code] >> 15
	sample := limit(b.predicted + diff)
	b.adapt(diff, scale2[code])
	return sample
}

// limit is LIMIT: the output of a band has 15 bits.
func limit(v int) int { return min(max(v, -16384), 16383) }
