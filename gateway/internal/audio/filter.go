package audio

import "math"

// The low-pass filter of the resampler. The numbers trade delay (2 ms at
// 8 kHz) against a stop band below -80 dB and a pass band that is 0.45 dB down
// at 0.85 of the lower Nyquist frequency.
const (
	filterHalfWidth = 16 // samples of the lower rate on each side
	filterBeta      = 8.0
	filterRolloff   = 0.94 // of the lower Nyquist frequency, where it is 6 dB down
)

// polyphase tabulates a Kaiser-windowed sinc for conversion by up/down: up
// rows of 2*half taps. Row p is the filter for an output that lies p/up of a
// sample after the half-th tap.
func polyphase(up, down, half int) []float32 {
	ratio := min(1, float64(up)/float64(down)) // lower rate by input rate
	cutoff := filterRolloff * ratio
	width := filterHalfWidth / ratio
	table := make([]float32, 0, up*2*half)
	row := make([]float64, 2*half)
	for p := range up {
		sum := 0.0
		for k := range row {
			x := float64(k-half+1) - float64(p)/float64(up)
			row[k] = sinc(cutoff*x) * kaiser(x/width)
			sum += row[k]
		}
		// The same gain in every row: a constant stays one.
		for _, v := range row {
			table = append(table, float32(v/sum))
		}
	}
	return table
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window of that name on [-1, 1], zero outside.
func kaiser(x float64) float64 {
	if x < -1 || x > 1 {
		return 0
	}
	return bessel(filterBeta*math.Sqrt(1-x*x)) / bessel(filterBeta)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-16; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}
