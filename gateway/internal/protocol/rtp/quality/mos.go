package quality

import "time"

const (
	// bestR is the rating of a call without any impairment but the telephone
	// itself, ITU-T G.107 with all defaults.
	bestR = 93.2
	// robust is the packet-loss robustness Bpl of G.711 with concealment, ITU-T
	// G.113 appendix I.
	robust = 25.1
)

// MOS estimates how a call in G.711 sounds, from 1 to 4.4: the E-model of ITU-T
// G.107 with defaults, reduced to delay and loss. The delay impairment Id is
// the approximation of Cole and Rosenbluth, "Voice over IP performance
// monitoring" (2001); the loss impairment is Ie,eff of G.107 section 7.5 for
// random loss; the MOS is that of annex B. lost is the share of the packets
// that were not played, oneWay the whole delay from mouth to ear.
func MOS(lost float64, oneWay time.Duration) float64 {
	d := float64(oneWay) / float64(time.Millisecond)
	delay := 0.024 * d
	if d > 177.3 {
		delay += 0.11 * (d - 177.3)
	}
	percent := 100 * min(max(lost, 0), 1)
	r := bestR - delay - 95*percent/(percent+robust)
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
