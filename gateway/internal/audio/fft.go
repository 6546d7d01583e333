package audio

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// fft transforms sequences of one length, a power of two.
type fft struct {
	roots []complex128 // exp(-2πik/n) for k < n/2
}

func newFFT(n int) fft {
	f := fft{roots: make([]complex128, n/2)}
	for k := range f.roots {
		f.roots[k] = cmplx.Rect(1, -2*math.Pi*float64(k)/float64(n))
	}
	return f
}

// forward transforms x in place: bit reversal, then butterflies of doubling
// size.
func (f fft) forward(x []complex128) {
	n := len(x)
	shift := bits.LeadingZeros64(uint64(n)) + 1
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		half, step := size/2, n/size
		for start := 0; start < n; start += size {
			low, high := x[start:start+half], x[start+half:start+size]
			for k := range low {
				a, b := low[k], high[k]*f.roots[k*step]
				low[k], high[k] = a+b, a-b
			}
		}
	}
}

// inverse undoes forward.
func (f fft) inverse(x []complex128) {
	for i := range x {
		x[i] = cmplx.Conj(x[i])
	}
	f.forward(x)
	scale := complex(1/float64(len(x)), 0)
	for i := range x {
		x[i] = cmplx.Conj(x[i]) * scale
	}
}

// correlate gives sum over i of p[i]*h[k+i] for every k of h, which is taken
// as zero after its end. It works in blocks two to four times as long as p, so that
// the cost grows with the length of h and not faster.
func correlate(p, h []float64) []float64 {
	n := 1 << bits.Len(uint(2*len(p)))
	step := n - len(p) + 1 // results of a block that its end does not spoil
	f := newFFT(n)
	spectrum := make([]complex128, n)
	for i, v := range p {
		spectrum[i] = complex(v, 0)
	}
	f.forward(spectrum)

	out := make([]float64, len(h))
	block := make([]complex128, n)
	for at := 0; at < len(h); at += 2 * step {
		// Everything is real: two blocks travel as real and imaginary part.
		next := min(at+step, len(h))
		first, second := h[at:min(at+n, len(h))], h[next:min(next+n, len(h))]
		clear(block)
		for i, v := range first {
			block[i] = complex(v, 0)
		}
		for i, v := range second {
			block[i] += complex(0, v)
		}
		f.forward(block)
		for i := range block {
			block[i] *= cmplx.Conj(spectrum[i])
		}
		f.inverse(block)
		for i := range out[at:next] {
			out[at+i] = real(block[i])
		}
		for i := range out[next:min(next+step, len(h))] {
			out[next+i] = imag(block[i])
		}
	}
	return out
}
