package audio_test

import (
	"math"
	"math/rand/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// tone is n samples of a sine; amplitude 1 is full scale.
func tone(rate int, hz, amplitude float64, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(math.Round(amplitude * math.MaxInt16 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return s
}

// constant is n times the sample v.
func constant(v int16, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = v
	}
	return s
}

// noise is n samples of white noise with an RMS level in dBFS, the same for
// the same seed.
func noise(seed uint64, dbfs float64, n int) []int16 {
	r := rand.New(rand.NewPCG(seed, 1))
	scale := math.Pow(10, dbfs/20) * 32768
	s := make([]int16, n)
	for i := range s {
		s[i] = clip(r.NormFloat64() * scale)
	}
	return s
}

// mix adds b to a copy of a, starting at sample at.
func mix(a, b []int16, at int) []int16 {
	out := append([]int16(nil), a...)
	for i, s := range b {
		out[at+i] = clip(float64(out[at+i]) + float64(s))
	}
	return out
}

// gain scales a copy of s by a number of dB.
func gain(s []int16, db float64) []int16 {
	out := make([]int16, len(s))
	for i, v := range s {
		out[i] = clip(float64(v) * math.Pow(10, db/20))
	}
	return out
}

// atLevel scales a copy of s to an RMS level in dBFS.
func atLevel(s []int16, dbfs float64) []int16 {
	return gain(s, dbfs-audio.RMS(s))
}

func clip(v float64) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, math.Round(v))))
}

// db is a ratio of amplitudes in dB.
func db(ratio float64) float64 { return 20 * math.Log10(ratio) }

// fit finds the amplitude of a sine of known frequency in s, its phase in
// radians, and the RMS of everything else.
func fit(s []int16, rate int, hz float64) (amplitude, phase, rest float64) {
	w := 2 * math.Pi * hz / float64(rate)
	var ss, cc, sc, xs, xc float64
	for i, v := range s {
		sin, cos := math.Sincos(w * float64(i))
		ss, cc, sc = ss+sin*sin, cc+cos*cos, sc+sin*cos
		xs, xc = xs+float64(v)*sin, xc+float64(v)*cos
	}
	det := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/det, (xc*ss-xs*sc)/det
	var sum float64
	for i, v := range s {
		sin, cos := math.Sincos(w * float64(i))
		r := float64(v) - a*sin - b*cos
		sum += r * r
	}
	return math.Hypot(a, b), math.Atan2(b, a), math.Sqrt(sum / float64(len(s)))
}
