package audio

import (
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	// alignRate is enough for speech and keeps alignment fast.
	alignRate = 8000
	// minPrompt is the shortest prompt that cannot be found by accident.
	minPrompt = 200 * time.Millisecond
	// audible is the mean square, in steps of 16-bit audio, below which there
	// is nothing to compare.
	audible = 1
	// alignReach is how many samples on each side interpolate between lags.
	alignReach = 16
	// alignParts is how finely a sample is divided.
	alignParts = 16
)

// ErrPrompt says that a prompt is too short or too quiet to look for.
var ErrPrompt = errors.New("prompt is silent or shorter than 200 ms")

// Align finds where prompt is in heard. Score is the correlation coefficient
// of the two over the whole prompt, in [-1, 1]: 1 is the prompt itself at any
// volume, a prompt with noise 10 dB below it gives 0.95, another text stays
// below 0.5, and silence gives 0. The offset is the start of the prompt in
// heard, found to a fraction of a sample; it means nothing when the score is
// low. A prompt that heard cuts off at its end scores less. Align fails for
// ErrPrompt and for rates that NewResampler refuses.
func Align(prompt, heard Sound) (offset time.Duration, score float64, err error) {
	p, err := centred(prompt)
	if err != nil {
		return 0, 0, fmt.Errorf("align prompt: %w", err)
	}
	energy := 0.0
	for _, v := range p {
		energy += v * v
	}
	if prompt.Duration() < minPrompt || energy < audible*float64(len(p)) {
		return 0, 0, ErrPrompt
	}
	h, err := centred(heard)
	if err != nil {
		return 0, 0, fmt.Errorf("align heard audio: %w", err)
	}
	c := correlate(p, h)
	at, best := 0, 0.0
	for k, e := range windowEnergies(h, len(p)) {
		if e < audible*float64(len(p)) {
			c[k] = 0
			continue
		}
		c[k] /= math.Sqrt(e * energy)
		if c[k] > best {
			at, best = k, c[k]
		}
	}
	shift, best := between(c, at)
	seconds := (float64(at) + shift) / alignRate
	return time.Duration(seconds * float64(time.Second)), min(best, 1), nil
}

// centred gives the sound at alignRate without its mean, which would count as
// likeness.
func centred(s Sound) ([]float64, error) {
	s, err := s.Resampled(alignRate)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(s.Samples))
	mean := 0.0
	for _, v := range s.Samples {
		mean += float64(v) / float64(len(out))
	}
	for i, v := range s.Samples {
		out[i] = float64(v) - mean
	}
	return out, nil
}

// windowEnergies gives the energy of the n samples from every sample of h on.
func windowEnergies(h []float64, n int) []float64 {
	sums := make([]float64, len(h)+1)
	for i, v := range h {
		sums[i+1] = sums[i] + v*v
	}
	out := make([]float64, len(h))
	for k := range out {
		out[k] = sums[min(k+n, len(h))] - sums[k]
	}
	return out
}

// between finds the maximum of c around c[at] with band-limited interpolation:
// resampling on the way shifts audio by parts of a sample. It gives the
// distance from at and the value there.
func between(c []float64, at int) (shift, best float64) {
	for part := -alignParts / 2; part <= alignParts/2; part++ {
		x := float64(part) / alignParts
		sum := 0.0
		for i := max(at-alignReach, 0); i < min(at+alignReach+1, len(c)); i++ {
			d := x - float64(i-at)
			sum += c[i] * sinc(d) * kaiser(d/(alignReach+1))
		}
		if part == -alignParts/2 || sum > best {
			shift, best = x, sum
		}
	}
	return shift, best
}
