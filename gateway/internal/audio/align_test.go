package audio_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

func TestAlignFindsThePrompt(t *testing.T) {
	t.Parallel()
	prompt := speech(t, "greeting")
	other := speech(t, "hours")
	const at = 12345
	silence := make([]int16, 5*8000)
	level := audio.RMS(prompt.Samples)
	for _, tt := range []struct {
		name  string
		heard []int16
		at    int
		score float64
	}{
		{"alone", prompt.Samples, 0, 0.999},
		{"in silence", mix(silence, prompt.Samples, at), at, 0.999},
		{"quiet", mix(silence, gain(prompt.Samples, -30), at), at, 0.98},
		{"in noise", mix(noise(1, level-10, len(silence)), prompt.Samples, at), at, 0.94},
		{"on an offset", mix(constant(1000, len(silence)), prompt.Samples, at), at, 0.99},
		{"after another", mix(mix(silence, other.Samples, 0), prompt.Samples, 19000), 19000, 0.999},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			heard := audio.Sound{Rate: 8000, Samples: tt.heard}
			offset, score, err := audio.Align(prompt, heard)
			require.NoError(t, err)
			require.GreaterOrEqual(t, score, tt.score)
			require.LessOrEqual(t, score, 1.0)
			require.InDelta(t, audio.Linear8k.Duration(2*tt.at), offset, float64(100*time.Microsecond))
		})
	}
}

// A long recording is searched in blocks; no place may fall between them.
func TestAlignSearchesEverywhere(t *testing.T) {
	t.Parallel()
	heard := audio.Sound{Rate: 8000, Samples: noise(1, -30, 5*8000)}
	const n = 8000 // blocks then advance by 16384-8000+1 samples
	for _, at := range []int{0, 8384, 8385, 16770, 25155, 31999, 32000} {
		prompt := audio.Sound{Rate: 8000, Samples: heard.Samples[at : at+n]}
		offset, score, err := audio.Align(prompt, heard)
		require.NoError(t, err)
		require.InDelta(t, 1, score, 0.001, "at %d", at)
		require.InDelta(t, audio.Linear8k.Duration(2*at), offset, float64(10*time.Microsecond), "at %d", at)
	}
}

// What a call does to a prompt: another rate, µ-law, a resampler's delay on
// both sides, a volume, line noise, and the prompt before.
func TestAlignSurvivesACall(t *testing.T) {
	t.Parallel()
	prompt, err := speech(t, "greeting").Resampled(22050)
	require.NoError(t, err)
	sent, err := prompt.Encode(audio.Mulaw8k)
	require.NoError(t, err)
	up := transcoder(t, audio.Mulaw8k, audio.Linear16k)
	down := transcoder(t, audio.Linear16k, audio.Mulaw8k)
	received := audio.DecodeSound(audio.Mulaw8k, down.Flush(down.Append(nil, up.Flush(up.Append(nil, sent)))))
	line := mix(noise(7, -55, 4*8000), gain(received.Samples, -9), 8000)
	data := audio.PCMU.AppendEncode(nil, line)

	offset, score, err := audio.Align(prompt, audio.DecodeSound(audio.Mulaw8k, data))
	require.NoError(t, err)
	t.Logf("score %.4f at %v", score, offset)
	require.GreaterOrEqual(t, score, 0.97)
	delay := up.Delay() + down.Delay()
	require.InDelta(t, time.Second+delay, offset, float64(200*time.Microsecond))
}

func TestAlignBetweenSamples(t *testing.T) {
	t.Parallel()
	prompt := speech(t, "greeting")
	fine, err := prompt.Resampled(48000)
	require.NoError(t, err)
	for shift := range 6 {
		late := audio.Sound{Rate: 48000, Samples: append(make([]int16, 4800+shift), fine.Samples...)}
		heard, err := late.Resampled(8000)
		require.NoError(t, err)
		offset, score, err := audio.Align(prompt, heard)
		require.NoError(t, err)
		require.GreaterOrEqual(t, score, 0.99, "shift %d", shift)
		want := 100*time.Millisecond + time.Duration(shift)*time.Second/48000
		require.InDelta(t, want, offset, float64(10*time.Microsecond), "shift %d", shift)
	}
}

func TestAlignMissesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	prompt, other := speech(t, "greeting"), speech(t, "hours")
	half := len(prompt.Samples) / 2
	for _, tt := range []struct {
		name  string
		heard []int16
		score float64
	}{
		{"nothing", nil, 0},
		{"digital silence", make([]int16, 5*8000), 0},
		{"one step", append(make([]int16, 20000), 1), 0},
		{"noise", noise(1, -30, 5*8000), 0.1},
		{"faint noise", noise(1, -85, 5*8000), 0.1},
		{"tone", tone(8000, 440, 0.5, 5*8000), 0.3},
		{"another prompt", mix(make([]int16, 5*8000), other.Samples, 9000), 0.5},
		{"backwards", backwards(prompt.Samples), 0.5},
		{"cut in half", prompt.Samples[:half], 0.9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, score, err := audio.Align(prompt, audio.Sound{Rate: 8000, Samples: tt.heard})
			require.NoError(t, err)
			t.Logf("score %.3f", score)
			require.LessOrEqual(t, score, tt.score)
			require.GreaterOrEqual(t, score, 0.0)
		})
	}
	_, score, err := audio.Align(other, prompt)
	require.NoError(t, err)
	require.Less(t, score, 0.5, "swapped")
}

func backwards(s []int16) []int16 {
	out := make([]int16, len(s))
	for i, v := range s {
		out[len(s)-1-i] = v
	}
	return out
}

func TestAlignRefuses(t *testing.T) {
	t.Parallel()
	heard := speech(t, "greeting")
	for _, tt := range []struct {
		name   string
		prompt audio.Sound
	}{
		{"short", audio.Sound{Rate: 8000, Samples: heard.Samples[4000:5500]}},
		{"silent", audio.Sound{Rate: 8000, Samples: make([]int16, 8000)}},
		{"constant", audio.Sound{Rate: 8000, Samples: constant(1000, 8000)}},
		{"empty", audio.Sound{Rate: 8000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := audio.Align(tt.prompt, heard)
			require.ErrorIs(t, err, audio.ErrPrompt)
		})
	}
	_, _, err := audio.Align(audio.Sound{Rate: 1}, heard)
	require.ErrorContains(t, err, "align prompt: resample: sampling rate 1 Hz")
	_, _, err = audio.Align(heard, audio.Sound{Rate: 2})
	require.ErrorContains(t, err, "align heard audio: resample: sampling rate 2 Hz")
}

func BenchmarkAlign(b *testing.B) {
	heard := audio.Sound{Rate: 8000, Samples: noise(1, -30, 60*8000)}
	prompt := audio.Sound{Rate: 8000, Samples: heard.Samples[31*8000 : 41*8000]}
	for b.Loop() {
		_, score, err := audio.Align(prompt, heard)
		require.NoError(b, err)
		require.Greater(b, score, 0.99)
	}
}
