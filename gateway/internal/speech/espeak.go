package speech

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	probeTimeout  = 5 * time.Second
	espeakTimeout = 10 * time.Second
	maxVoiceTable = 1 << 20
	// maxSpeech bounds one rendering: 6 minutes at espeak-ng's 22.05 kHz.
	maxSpeech   = 16 << 20
	normalSpeed = 175 // words a minute, espeak-ng's default
	// Rate is the sampling rate of everything a Speaker renders and a
	// Recognizer takes, in hertz.
	Rate = 16000
)

// espeak runs espeak-ng.
type espeak struct {
	program string
	voices  voices
	running gate
}

// findEspeak looks the program up and asks it for its voices.
func findEspeak(ctx context.Context, program string, concurrent int) (*espeak, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("find espeak-ng: %w", err)
	}
	table, err := process{
		program: path, args: []string{"--voices"}, timeout: probeTimeout, maxOut: maxVoiceTable,
	}.run(ctx)
	if err != nil {
		return nil, err
	}
	v := parseVoices(table)
	if !v[fallbackVoice] {
		return nil, fmt.Errorf("%s has no voice %q", path, fallbackVoice)
	}
	return &espeak{program: path, voices: v, running: make(gate, concurrent)}, nil
}

// render speaks an utterance. The text goes to standard input: it could
// otherwise be taken for an option and be read in the list of processes.
func (e *espeak) render(ctx context.Context, u Utterance) (audio.Sound, error) {
	if err := e.running.enter(ctx); err != nil {
		return audio.Sound{}, err
	}
	defer e.running.leave()
	wav, err := process{
		program: e.program,
		args: []string{
			"--stdin", "--stdout", "-b", "1", "-v", e.voices.pick(u.Voice, u.Language), "-s", speed(u.Speed),
		},
		stdin:   plain(respell(u.Text, u.Pronunciations)) + "\n",
		timeout: espeakTimeout,
		maxOut:  maxSpeech,
	}.run(ctx)
	if err != nil {
		return audio.Sound{}, err
	}
	s, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return audio.Sound{}, fmt.Errorf("output of %s: %w", e.program, err)
	}
	if len(s.Samples) == 0 {
		return audio.Sound{}, fmt.Errorf("output of %s: no samples", e.program)
	}
	return s.Resampled(Rate)
}

// speed gives words a minute; espeak-ng takes 80 to 450.
func speed(factor float64) string {
	if !(factor > 0) {
		factor = 1
	}
	return strconv.Itoa(int(min(max(normalSpeed*factor, 80), 450)))
}

// plain takes out what espeak-ng does not speak as written: control
// characters, and [[ ]], which quotes phonemes.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	return strings.ReplaceAll(text, "[[", "[ [")
}
