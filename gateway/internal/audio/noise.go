package audio

import "slices"

const (
	// quietRoom is the noise floor, in dBFS, before any was heard, and the
	// lowest one believed.
	quietRoom = -60
	// madeUp is the level, in dBFS, below which a frame is no evidence of the
	// noise: gateways and networks fill gaps with zeros.
	madeUp = -75
	// steady is how much, in dB, the level of noise varies at most in the
	// time it takes to be recognised.
	steady = 4
)

// noiseFloor learns the level of the noise behind a voice. Speech has gaps:
// the lowest level of the last three seconds is the noise. And speech is
// lively: a sound of steady level for 600 ms is noise at once.
type noiseFloor struct {
	recent [30]float64 // levels, oldest overwritten
	lows   [6]float64  // lowest level of each half second
	frame  int         // count of frames that were evidence
}

func newNoiseFloor() noiseFloor {
	var f noiseFloor
	for i := range f.recent {
		f.recent[i] = Silent
	}
	for i := range f.lows {
		f.lows[i] = quietRoom
	}
	return f
}

func (f *noiseFloor) observe(level float64) {
	const span = 25 // frames
	if level < madeUp {
		return
	}
	level = max(level, quietRoom)
	now := &f.lows[f.frame/span%len(f.lows)]
	if f.frame%span == 0 {
		*now = level
	}
	*now = min(*now, level)
	f.recent[f.frame%len(f.recent)] = level
	f.frame++

	low := slices.Min(f.recent[:])
	if slices.Max(f.recent[:])-low <= steady {
		for i := range f.lows {
			f.lows[i] = low
		}
	}
}

// level is the noise floor in dBFS.
func (f *noiseFloor) level() float64 { return slices.Min(f.lows[:]) }
