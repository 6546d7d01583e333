package audio_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

var allRates = []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}

// voicePairs calls f in a subtest for the 12 pairs of the rates that calls use.
func voicePairs(t *testing.T, f func(t *testing.T, from, to int)) {
	rates := []int{8000, 16000, 24000, 48000}
	for _, from := range rates {
		for _, to := range rates {
			if from == to {
				continue
			}
			t.Run(fmt.Sprintf("%d to %d", from, to), func(t *testing.T) {
				t.Parallel()
				f(t, from, to)
			})
		}
	}
}

func resampler(t testing.TB, from, to int) *audio.Resampler {
	r, err := audio.NewResampler(from, to)
	require.NoError(t, err)
	return r
}

// settled resamples a sine at 0.9 of full scale and gives 100 ms from the
// middle, where the filter's ends play no part. Multiples of 10 Hz are
// orthogonal there.
func settled(t *testing.T, from, to int, hz float64) []int16 {
	out := resampler(t, from, to).Append(nil, tone(from, hz, 0.9, from/5))
	return out[to/20 : to*3/20]
}

func TestResamplerToneIsClean(t *testing.T) {
	t.Parallel()
	voicePairs(t, func(t *testing.T, from, to int) {
		amplitude, _, rest := fit(settled(t, from, to, 1000), to, 1000)
		gain := db(amplitude / (0.9 * math.MaxInt16))
		distortion := db(rest / (amplitude / math.Sqrt2))
		t.Logf("gain %.4f dB, THD+N %.1f dB", gain, distortion)
		require.InDelta(t, 0, gain, 0.0005)
		require.LessOrEqual(t, distortion, -86.0)
	})
}

func TestResamplerPassBand(t *testing.T) {
	t.Parallel()
	voicePairs(t, func(t *testing.T, from, to int) {
		hz := 0.85 * float64(min(from, to)) / 2
		amplitude, _, _ := fit(settled(t, from, to, hz), to, hz)
		require.InDelta(t, -0.45, db(amplitude/(0.9*math.MaxInt16)), 0.01)
	})
}

// Going down, a tone above the lower Nyquist frequency must not come back below
// it; going up, the mirror image of a tone must not appear. Both are measured
// against the tone that went in. The stop band starts at 111 % of the lower
// Nyquist frequency.
func TestResamplerStopBand(t *testing.T) {
	t.Parallel()
	voicePairs(t, func(t *testing.T, from, to int) {
		nyquist := float64(min(from, to)) / 2
		worst := -200.0
		for percent := 115; percent < 200; percent += 5 {
			alias := nyquist * float64(percent) / 100
			played := alias
			if from < to {
				played = 2*nyquist - alias
			} else if alias >= float64(from)/2 {
				break
			}
			heard := math.Abs(math.Remainder(alias, float64(to)))
			if heard == float64(to)/2 { // samples of a sine at their zeros
				continue
			}
			amplitude, _, _ := fit(settled(t, from, to, played), to, heard)
			worst = max(worst, db(amplitude/(0.9*math.MaxInt16)))
		}
		t.Logf("alias %.1f dB", worst)
		require.LessOrEqual(t, worst, -82.0)
	})
}

func TestResamplerDelay(t *testing.T) {
	t.Parallel()
	voicePairs(t, func(t *testing.T, from, to int) {
		r := resampler(t, from, to)
		lower := time.Duration(min(from, to))
		require.Equal(t, 16*time.Second/lower, r.Delay())
		require.GreaterOrEqual(t, r.Delay(), 666*time.Microsecond)
		require.LessOrEqual(t, r.Delay(), 2*time.Millisecond)

		// A tone low enough that its phase tells the delay without ambiguity.
		_, phase, _ := fit(r.Append(nil, tone(from, 100, 0.9, from))[to/2:], to, 100)
		require.InDelta(t, r.Delay().Seconds(), -phase/(2*math.Pi*100), 1e-6)
	})
}

func TestResamplerKeepsTime(t *testing.T) {
	t.Parallel()
	for _, from := range allRates {
		for _, to := range allRates {
			r := resampler(t, from, to)
			delay := int(math.Round(r.Delay().Seconds() * float64(to)))
			in := tone(from, 400, 0.5, from/5)
			out := r.Flush(r.Append(nil, in))[delay:]
			require.Len(t, out, to/5, "%d to %d", from, to)
			amplitude, phase, rest := fit(out[to/25:to*4/25], to, 400)
			require.InDelta(t, 0.5*math.MaxInt16, amplitude, 2, "%d to %d", from, to)
			require.InDelta(t, 0, math.Remainder(phase, 2*math.Pi), 1e-3, "%d to %d", from, to)
			require.LessOrEqual(t, db(rest/(amplitude/math.Sqrt2)), -80.0, "%d to %d", from, to)
		}
	}
}

func TestResamplerWholeFramesStayWhole(t *testing.T) {
	t.Parallel()
	for _, from := range allRates {
		for _, to := range allRates {
			if from == 11025 || to == 11025 {
				continue
			}
			r := resampler(t, from, to)
			frame, out := make([]int16, from/50), []int16(nil)
			for range 10 {
				out = r.Append(out[:0], frame)
				require.Len(t, out, to/50, "%d to %d", from, to)
			}
		}
	}
}

func TestResamplerChunksDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		from := rapid.SampledFrom(allRates).Draw(rt, "from")
		to := rapid.SampledFrom(allRates).Draw(rt, "to")
		in := rapid.SliceOfN(rapid.Int16(), 0, 600).Draw(rt, "in")
		r := resampler(t, from, to)
		whole := r.Append(nil, in)
		if want := (len(in)*to + from - 1) / from; len(whole) != want {
			rt.Fatalf("got %d samples, want %d", len(whole), want)
		}
		whole = r.Flush(whole)

		// Flush leaves the resampler as new.
		var chunked []int16
		for rest := in; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "chunk")
			chunked = r.Append(chunked, rest[:n])
			rest = rest[n:]
		}
		require.Equal(rt, whole, r.Flush(chunked))
	})
}

func TestResamplerReset(t *testing.T) {
	t.Parallel()
	r := resampler(t, 24000, 8000)
	r.Append(nil, noise(1, -6, 1000))
	r.Reset()
	out := r.Append(nil, make([]int16, 480))
	require.Equal(t, make([]int16, 160), out, "nothing of the past is heard")
	in := noise(2, -20, 999)
	r.Reset()
	require.Equal(t, resampler(t, 24000, 8000).Append(nil, in), r.Append(nil, in))
}

func TestResamplerClips(t *testing.T) {
	t.Parallel()
	square := make([]int16, 800)
	for i := range square {
		square[i] = math.MaxInt16
		if i/20%2 == 1 {
			square[i] = math.MinInt16
		}
	}
	out := resampler(t, 8000, 16000).Append(nil, square)
	require.InDelta(t, 0, audio.Peak(out), 0.01)
	for i, s := range out[100:] { // overshoot that wrapped around would change the sign
		if before := out[99+i]; before > 20000 && s < -20000 || before < -20000 && s > 20000 {
			t.Fatalf("sample %d jumps from %d to %d", 100+i, before, s)
		}
	}
}

func TestResamplerRefusesOtherRates(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]int{{0, 8000}, {8000, -1}, {8000, 7999}, {96000, 8000}} {
		_, err := audio.NewResampler(pair[0], pair[1])
		require.ErrorContains(t, err, "is not supported")
	}
}

func TestResamplerDoesNotAllocate(t *testing.T) {
	r := resampler(t, 22050, 8000)
	in, out := make([]int16, 441), make([]int16, 0, 160)
	require.Zero(t, testing.AllocsPerRun(100, func() { out = r.Append(out[:0], in) }))
}

func BenchmarkResampler(b *testing.B) {
	rates := []int{8000, 16000, 22050, 24000, 48000}
	for _, from := range rates {
		for _, to := range rates {
			if from == to {
				continue
			}
			b.Run(fmt.Sprintf("%d-%d", from, to), func(b *testing.B) {
				r := resampler(b, from, to)
				in, out := tone(from, 440, 0.5, from/50), make([]int16, 0, to/50)
				b.ReportAllocs()
				for b.Loop() {
					out = r.Append(out[:0], in)
				}
			})
		}
	}
}
