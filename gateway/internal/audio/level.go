package audio

import "math"

// Silent is the level in dBFS of digital silence and the lowest one reported.
const Silent = -100.0

// RMS is the level of s in dBFS: 0 is a square wave of full scale, a sine of
// full scale is at -3.01. Nothing, and nothing but zeros, are Silent.
func RMS(s []int16) float64 {
	var sum float64
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	if sum == 0 {
		return Silent
	}
	return max(Silent, 10*math.Log10(sum/float64(len(s))/(1<<30)))
}

// Peak is the largest magnitude of s in dBFS; Silent if it is zero.
func Peak(s []int16) float64 {
	peak := 0
	for _, v := range s {
		peak = max(peak, int(v), -int(v))
	}
	if peak == 0 {
		return Silent
	}
	return 20 * math.Log10(float64(peak)/(1<<15))
}
