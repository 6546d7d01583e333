package g722

// band is one of the two, with its adaptive scale and predictor. Encoder and
// decoder have the same, which is why they stay together.
type band struct {
	scale int // DET
	log   int // NB
	limit int // of log
	shift int // of the inverse logarithm

	predicted, zeros int    // S, SZ
	poles            [2]int // A
	r, p             [2]int // reconstructed and partly reconstructed signal
	b, d             [6]int // zero coefficients, differences
}

func newLow() band  { return band{scale: 32, limit: 18432, shift: 8} }
func newHigh() band { return band{scale: 8, limit: 22528, shift: 10} }

// clamp saturates to 16 bits.
func clamp(v int) int { return min(max(v, -32768), 32767) }

// adapt takes a quantised difference and the change of the scale that belongs
// to it.
func (b *band) adapt(d, change int) {
	// LOGSCL and SCALEL, LOGSCH and SCALEH
	b.log = min(max(b.log*127>>7+change, 0), b.limit)
	fraction := inverse[b.log>>6&31]
	if shift := b.shift - b.log>>11; shift < 0 {
		b.scale = fraction << -shift << 2
	} else {
		b.scale = fraction >> shift << 2
	}
	b.predict(d)
}

// predict brings the predictor up to date with a difference.
func (b *band) predict(d int) {
	r := clamp(b.predicted + d) // RECONS
	p := clamp(b.zeros + d)     // PARREC

	// UPPOL2
	second := clamp(4 * b.poles[0])
	if same(p, b.p[0]) {
		second = min(-second, 32767)
	}
	second = second>>7 + 128*sign(p, b.p[1]) + b.poles[1]*32512>>15
	second = min(max(second, -12288), 12288)
	// UPPOL1
	first := clamp(192*sign(p, b.p[0]) + b.poles[0]*32640>>15)
	edge := clamp(15360 - second)
	first = min(max(first, -edge), edge)
	b.poles = [2]int{first, second}

	// UPZERO
	step := 128
	if d == 0 {
		step = 0
	}
	for i := range b.b {
		b.b[i] = clamp(step*sign(d, b.d[i]) + b.b[i]*32640>>15)
	}
	// DELAYA
	copy(b.d[1:], b.d[:])
	b.d[0] = d
	b.r = [2]int{r, b.r[0]}
	b.p = [2]int{p, b.p[0]}
	// FILTEP
	poles := clamp(first*clamp(2*b.r[0])>>15 + second*clamp(2*b.r[1])>>15)
	// FILTEZ
	zeros := 0
	for i := range b.b {
		zeros += b.b[i] * clamp(2*b.d[i]) >> 15
	}
	b.zeros = clamp(zeros)
	b.predicted = clamp(poles + b.zeros) // PREDIC
}

// same compares signs; zero is positive.
func same(x, y int) bool { return x < 0 == (y < 0) }

// sign is 1 for equal signs, else -1.
func sign(x, y int) int {
	if same(x, y) {
		return 1
	}
	return -1
}
