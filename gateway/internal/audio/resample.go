package audio

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// rates are those a Resampler takes: what telephony, speech engines and WAV
// files use. 20 ms is a whole number of samples in all but 11.025 kHz.
var rates = [...]int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}

func validRate(rate int) error {
	if !slices.Contains(rates[:], rate) {
		return fmt.Errorf("sampling rate %d Hz is not supported", rate)
	}
	return nil
}

// Resampler converts a stream of samples from one rate to another with a
// polyphase FIR filter. What comes out does not depend on how the stream is
// cut: after n samples in, exactly n*to/from are out, rounded up, so whole
// frames stay whole. The first Delay of the output is silence. A Resampler is
// used by one goroutine.
type Resampler struct {
	to       int
	up, down int       // to/from in lowest terms; a step is 1/up of an input sample
	half     int       // taps on each side
	table    []float32 // up rows of 2*half taps; nil passes samples through
	delay    int       // output samples
	history  int       // input samples kept between blocks
	buf      []float32 // history, then a block of input
	next     int       // steps from buf[0] to the next output
}

// NewResampler makes a Resampler. It fails for a rate that is not one of 8,
// 11.025, 12, 16, 22.05, 24, 32, 44.1 and 48 kHz. Equal rates give a Resampler
// that copies and has no delay.
func NewResampler(from, to int) (*Resampler, error) {
	if err := errors.Join(validRate(from), validRate(to)); err != nil {
		return nil, err
	}
	divisor := gcd(from, to)
	r := &Resampler{to: to, up: to / divisor, down: from / divisor}
	if from == to {
		return r, nil
	}
	// An even number on each side makes the taps a multiple of four.
	r.half = ceilDiv(filterHalfWidth*max(r.up, r.down), 2*r.up) * 2
	r.table = polyphase(r.up, r.down, r.half)
	r.delay = ceilDiv(r.half*r.up, r.down)
	r.history = ceilDiv(r.delay*r.down, r.up) + r.half - 1
	r.buf = make([]float32, r.history, r.history+from/50)
	r.Reset()
	return r, nil
}

// Delay is how much later a sound comes out than it went in.
func (r *Resampler) Delay() time.Duration {
	return time.Duration(r.delay) * time.Second / time.Duration(r.to)
}

// Reset forgets the past, as if nothing had been resampled. Without it, audio
// from before an interruption would be heard after it.
func (r *Resampler) Reset() {
	clear(r.buf)
	r.next = r.history*r.up - r.delay*r.down
}

// Append resamples src and appends the result to dst.
func (r *Resampler) Append(dst, src []int16) []int16 {
	if r.table == nil {
		return append(dst, src...)
	}
	for len(src) > 0 {
		block := src[:min(len(src), cap(r.buf)-r.history)]
		src = src[len(block):]
		for _, s := range block {
			r.buf = append(r.buf, float32(s))
		}
		dst = r.drain(dst)
	}
	return dst
}

// Flush appends what the delay still holds back, so that all of the input is
// out, and resets the Resampler.
func (r *Resampler) Flush(dst []int16) []int16 {
	end := len(dst) + r.delay
	var silence [filterHalfWidth]int16
	for len(dst) < end {
		dst = r.Append(dst, silence[:])
	}
	r.Reset()
	return dst[:end]
}

// drain appends every output whose time, delay included, lies within buf, and
// moves the last of buf to its front.
func (r *Resampler) drain(dst []int16) []int16 {
	taps := 2 * r.half
	for end := len(r.buf)*r.up - r.delay*r.down; r.next < end; r.next += r.down {
		at, phase := r.next/r.up, r.next%r.up
		row := r.table[phase*taps:][:taps]
		dst = append(dst, round(dot(row, r.buf[at-r.half+1:])))
	}
	used := len(r.buf) - r.history
	r.next -= used * r.up
	r.buf = r.buf[:copy(r.buf, r.buf[used:])]
	return dst
}

// dot is the inner product of h, whose length is a multiple of four, and the
// start of x. Four sums let the processor overlap the additions.
func dot(h, x []float32) float32 {
	var a, b, c, d float32
	x = x[:len(h)]
	for len(h) >= 4 && len(x) >= 4 {
		a += h[0] * x[0]
		b += h[1] * x[1]
		c += h[2] * x[2]
		d += h[3] * x[3]
		h, x = h[4:], x[4:]
	}
	return (a + b) + (c + d)
}

func round(v float32) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, math.Round(float64(v)))))
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
