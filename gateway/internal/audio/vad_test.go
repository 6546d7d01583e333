package audio_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// babble is n samples that vary as speech does: harmonics of a gliding pitch
// under syllables of 200 ms, at an RMS level in dBFS.
func babble(dbfs float64, n int) []int16 {
	s := make([]int16, n)
	phase := 0.0
	for i := range s {
		at := float64(i) / 8000
		phase += 2 * math.Pi * (130 + 20*math.Sin(2*math.Pi*0.7*at)) / 8000
		v := 0.0
		for k := 1.0; k <= 12; k++ {
			v += math.Sin(k*phase) / k
		}
		s[i] = clip(8000 * v * (0.1 + 0.9*math.Pow(math.Sin(2*math.Pi*2.5*at), 2)))
	}
	return atLevel(s, dbfs)
}

// silence is n samples at 8 kHz.
func silence(d time.Duration) []int16 { return make([]int16, audio.Linear8k.Bytes(d)/2) }

// join puts pieces one after the other.
func join(pieces ...[]int16) (all []int16) {
	for _, p := range pieces {
		all = append(all, p...)
	}
	return all
}

// listen feeds audio at 8 kHz to v and gives all events. played, if not nil,
// is what the caller hears meanwhile.
func listen(v *audio.VAD, heard, played []int16) (events []audio.VADEvent) {
	const n = 160
	for at := 0; at+n <= len(heard); at += n {
		if played != nil {
			v.SetPlaying(audio.RMS(played[at : at+n]))
		}
		if e := v.Frame(heard[at : at+n]); e.Change != 0 {
			events = append(events, e)
		}
	}
	return events
}

// nearly compares times to 100 ms: how speech begins and ends is a matter of
// taste.
func nearly() cmp.Option {
	return cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() <= 100*time.Millisecond })
}

func TestVADHearsSpeech(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for _, tt := range []struct {
		name        string
		noise, said float64 // dBFS
	}{
		{"digital silence", audio.Silent, -24},
		{"digital silence, quiet", audio.Silent, -38},
		{"quiet line", -70, -24},
		{"line noise", -55, -24},
		{"office", -45, -24},
		{"loud office", -38, -20},
		{"shouting over noise", -28, -10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			heard := join(silence(2*second), babble(tt.said, 12000), silence(2*second))
			if tt.noise > audio.Silent {
				heard = mix(noise(1, tt.noise, len(heard)), heard, 0)
			}
			events := listen(audio.NewVAD(8000, audio.VADConfig{}), heard, nil)
			require.Len(t, events, 2)
			require.LessOrEqual(t, events[0].Speech, 300*time.Millisecond, "noticed soon")
			events[0].Speech = 0
			require.Empty(t, cmp.Diff([]audio.VADEvent{
				{Change: audio.SpeechStarted, Start: 2 * second},
				{Change: audio.SpeechStopped, Start: 2 * second, Speech: 1500 * time.Millisecond},
			}, events, nearly()))
		})
	}
}

func TestVADHearsWords(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"greeting", "hours"} {
		for _, level := range []float64{audio.Silent, -60, -50} {
			t.Run(fmt.Sprintf("%s %v", name, level), func(t *testing.T) {
				t.Parallel()
				said := atLevel(speech(t, name).Samples, -24)
				heard := join(silence(time.Second), said, silence(time.Second))
				if level > audio.Silent {
					heard = mix(noise(1, level, len(heard)), heard, 0)
				}
				heard = audio.PCMU.AppendDecode(nil, audio.PCMU.AppendEncode(nil, heard))
				v := audio.NewVAD(8000, audio.VADConfig{Silence: 400 * time.Millisecond})
				events := listen(v, heard, nil)
				require.Len(t, events, 2, "one utterance is one turn")
				require.InDelta(t, 1.0, events[0].Start.Seconds(), 0.1)
				require.LessOrEqual(t, events[0].Speech, 200*time.Millisecond)
				require.InDelta(t, 1.8, events[1].Speech.Seconds(), 0.2)
				require.False(t, v.Speaking())
			})
		}
	}
}

func TestVADIgnores(t *testing.T) {
	t.Parallel()
	const n = 5 * 8000
	quiet := silence(time.Second)
	dtmf := mix(tone(8000, 770, 0.2, 800), tone(8000, 1336, 0.2, 800), 0)
	var busy, keys, clicks []int16
	for range 10 {
		busy = join(busy, tone(8000, 425, 0.3, 3850), make([]int16, 3910))
		keys = join(keys, dtmf, make([]int16, 1010))
		clicks = join(clicks, noise(5, -20, 150), make([]int16, 1003))
	}
	hum := mix(tone(8000, 50, 0.006, n), noise(9, -60, n), 0)
	dropout := noise(4, -42, n)
	for from := 10000; from < n-3000; from += 9000 {
		clear(dropout[from : from+2500])
	}
	for name, heard := range map[string][]int16{
		"nothing":        make([]int16, n),
		"constant":       constant(5000, n),
		"hum":            hum,
		"faint noise":    noise(1, -70, n),
		"noise -50":      noise(1, -50, n),
		"noise -40":      noise(1, -40, n),
		"noise -30":      noise(1, -30, n),
		"noise -20":      noise(1, -20, n),
		"noise sets in":  join(quiet, noise(1, -35, n), quiet),
		"tone":           join(quiet, tone(8000, 1000, 0.3, n), quiet),
		"tone, 8 kHz/3":  join(quiet, tone(8000, 2666.7, 0.3, n), quiet),
		"low tone":       join(quiet, tone(8000, 201, 0.3, n), quiet),
		"DTMF":           keys,
		"busy tone":      busy,
		"clicks":         clicks,
		"one short bang": join(quiet, noise(1, -10, 480), quiet),
		"gaps in noise":  dropout,
		"far voice":      babble(-58, n),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, listen(audio.NewVAD(8000, audio.VADConfig{}), heard, nil))
		})
	}
}

func TestVADPauses(t *testing.T) {
	t.Parallel()
	said := babble(-24, 8000)
	for _, tt := range []struct {
		name    string
		config  audio.VADConfig
		pause   time.Duration
		changes []audio.VADChange
	}{
		{"short", audio.VADConfig{}, 300 * time.Millisecond, []audio.VADChange{1, 2}},
		{"long", audio.VADConfig{}, 700 * time.Millisecond, []audio.VADChange{1, 2, 1, 2}},
		{"patient", audio.VADConfig{Silence: time.Second}, 700 * time.Millisecond, []audio.VADChange{1, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			heard := join(silence(time.Second), said, silence(tt.pause), said, silence(2*time.Second))
			var changes []audio.VADChange
			for _, e := range listen(audio.NewVAD(8000, tt.config), heard, nil) {
				changes = append(changes, e.Change)
			}
			require.Equal(t, tt.changes, changes)
		})
	}
}

// A caller who walks into a noisy street must not keep the turn for ever.
func TestVADTurnEndsInNewNoise(t *testing.T) {
	t.Parallel()
	heard := join(silence(time.Second), babble(-24, 16000), noise(3, -32, 24000))
	events := listen(audio.NewVAD(8000, audio.VADConfig{}), heard, nil)
	require.Len(t, events, 2)
	require.Equal(t, audio.SpeechStopped, events[1].Change)
	require.LessOrEqual(t, events[1].Speech, 2700*time.Millisecond)
}

func TestVADMinimumSpeech(t *testing.T) {
	t.Parallel()
	word := babble(-20, 8000)[200:1400] // 150 ms: a short yes
	heard := join(silence(time.Second), word, silence(time.Second))
	playing := constant(800, len(heard)) // -32 dBFS: the gate is far below the word
	for _, tt := range []struct {
		name   string
		config audio.VADConfig
		played []int16
		events int
	}{
		{"listening", audio.VADConfig{}, nil, 2},
		{"speaking", audio.VADConfig{}, playing, 0},
		{"strict", audio.VADConfig{MinSpeech: 300 * time.Millisecond}, nil, 0},
		{"jumpy", audio.VADConfig{MinInterrupt: 60 * time.Millisecond}, playing, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, listen(audio.NewVAD(8000, tt.config), heard, tt.played), tt.events)
		})
	}
}

func TestVADEcho(t *testing.T) {
	t.Parallel()
	played := join(atLevel(speech(t, "hours").Samples, -20), silence(3*time.Second))
	caller := atLevel(speech(t, "greeting").Samples, -24)
	for _, delay := range []time.Duration{0, 40 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond} {
		echo := join(silence(delay), gain(played, -16))
		echo = mix(noise(1, -60, len(played)), echo[:len(played)], 0)
		t.Run(fmt.Sprintf("alone after %v", delay), func(t *testing.T) {
			t.Parallel()
			require.Empty(t, listen(audio.NewVAD(8000, audio.VADConfig{}), echo, played))
			require.NotEmpty(t, listen(audio.NewVAD(8000, audio.VADConfig{}), echo, nil), "the gate is what helps")
		})
		t.Run(fmt.Sprintf("under a voice after %v", delay), func(t *testing.T) {
			t.Parallel()
			events := listen(audio.NewVAD(8000, audio.VADConfig{}), mix(echo, caller, 8000), played)
			require.NotEmpty(t, events)
			require.Equal(t, audio.SpeechStarted, events[0].Change)
			heard := events[0].Start + events[0].Speech
			require.GreaterOrEqual(t, heard, 1150*time.Millisecond, "not before the voice")
			require.LessOrEqual(t, heard, 1600*time.Millisecond, "barge-in is quick")
		})
	}
}

func TestVADIsDeterministicAndResets(t *testing.T) {
	t.Parallel()
	heard := mix(noise(1, -50, 40000), babble(-24, 16000), 9000)
	v := audio.NewVAD(8000, audio.VADConfig{})
	first := listen(v, heard, nil)
	v.SetPlaying(0)
	v.Frame(heard[9000:9160])
	v.Reset()
	require.Equal(t, first, listen(v, heard, nil))
	require.Equal(t, first, listen(audio.NewVAD(8000, audio.VADConfig{}), heard, nil))
	require.Zero(t, v.Frame(nil), "an empty frame is silence")
}

func TestVADOtherRates(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{16000, 24000, 48000} {
		heard := audio.Sound{Rate: 8000, Samples: join(silence(time.Second), babble(-24, 8000), silence(time.Second))}
		s, err := heard.Resampled(rate)
		require.NoError(t, err)
		v, events := audio.NewVAD(rate, audio.VADConfig{}), []audio.VADEvent(nil)
		for at := 0; at+rate/50 <= len(s.Samples); at += rate / 50 {
			if e := v.Frame(s.Samples[at : at+rate/50]); e.Change != 0 {
				events = append(events, e)
			}
		}
		require.Empty(t, cmp.Diff(listen(audio.NewVAD(8000, audio.VADConfig{}), heard.Samples, nil), events, nearly()))
	}
}

func TestVADDoesNotAllocate(t *testing.T) {
	v, frame := audio.NewVAD(8000, audio.VADConfig{}), babble(-24, 160)
	require.Zero(t, testing.AllocsPerRun(100, func() { v.Frame(frame) }))
}

func BenchmarkVAD(b *testing.B) {
	v, frame := audio.NewVAD(16000, audio.VADConfig{}), noise(1, -30, 320)
	b.ReportAllocs()
	for b.Loop() {
		v.Frame(frame)
	}
}
