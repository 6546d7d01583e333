package speech_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

var matrix = flag.Bool("matrix", false, "print how well keywords are recognised, by voice and noise")

// others are what callers say that is no keyword.
var others = []string{
	"banana", "weather", "monday", "balance", "invoice", "thirteen",
	"what is my account balance", "can you help me with my bill",
}

// TestMatrix prints a table and asserts nothing: synthetic voices say little
// about real callers.
//
//	go test -run TestMatrix -v ./gateway/internal/speech -matrix
func TestMatrix(t *testing.T) {
	if !*matrix {
		t.Skip("prints a table with -matrix")
	}
	r, s := pocketsphinx(t), espeak(t)
	phrases := slices.Concat(keywords, yesNo)
	g, err := r.Grammar(phrases)
	require.NoError(t, err)
	voices := map[string]func(string) audio.Sound{}
	for _, v := range []string{"en-us", "en-us+f3", "en-gb"} {
		voices["espeak-ng "+v] = func(text string) audio.Sound {
			sound, err := s.Render(t.Context(), speech.Utterance{Text: text, Voice: v})
			require.NoError(t, err)
			return sound
		}
	}
	if program, err := exec.LookPath("flite"); err == nil {
		for _, v := range []string{"slt", "rms"} {
			voices["flite "+v] = func(text string) audio.Sound { return flite(t, program, v, text) }
		}
	}

	noises := []float64{0, 20, 10} // dB below the voice; 0 is none
	type cell struct{ right, wrong, accepted int }
	table := map[string][]cell{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	gate := make(chan struct{}, 4)
	for voice, say := range voices {
		table[voice] = make([]cell, len(noises))
		for _, text := range slices.Concat(phrases, others) {
			clean := say(text)
			for n, below := range noises {
				sound := clean
				sound.Samples = slices.Concat(make([]int16, 3200), clean.Samples, make([]int16, 3200))
				if below > 0 {
					// White noise of an amplitude has a level 4.8 dB below it.
					addNoise(sound.Samples, int(32768*math.Pow(10, (audio.RMS(clean.Samples)-below+4.8)/20)))
				}
				sound = telephone(t, sound)
				gate <- struct{}{}
				wg.Go(func() {
					defer func() { <-gate }()
					got, err := r.Recognize(t.Context(), g, sound)
					mu.Lock()
					defer mu.Unlock()
					c := &table[voice][n]
					switch {
					case err != nil:
						t.Error(err)
					case !got.Accepted:
					case got.Keyword == text:
						c.right++
					case slices.Contains(phrases, text):
						c.wrong++
					default:
						c.accepted++
					}
				})
			}
		}
	}
	wg.Wait()

	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(w, "voice\tclean\t20 dB\t10 dB\t(right and wrong of %d keywords, accepted of %d others)\n",
		len(phrases), len(others))
	for _, voice := range slices.Sorted(maps.Keys(table)) {
		fmt.Fprint(w, voice)
		for _, c := range table[voice] {
			fmt.Fprintf(w, "\t%d/%d/%d", c.right, c.wrong, c.accepted)
		}
		fmt.Fprintln(w)
	}
	require.NoError(t, w.Flush())
	t.Log("\n" + strings.TrimSpace(out.String()))
}

func flite(t *testing.T, program, voice, text string) audio.Sound {
	t.Helper()
	path := filepath.Join(t.TempDir(), "flite.wav")
	require.NoError(t, exec.CommandContext(t.Context(), program, "-voice", voice, "-t", text, "-o", path).Run())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	sound, err := audio.ReadWAV(bytes.NewReader(data))
	require.NoError(t, err)
	sound, err = sound.Resampled(speech.Rate)
	require.NoError(t, err)
	return sound
}
