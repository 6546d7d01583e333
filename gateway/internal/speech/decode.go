package speech

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Scores are acoustic scores of pocketsphinx per frame of 10 ms. The phrase is
// decoded in its grammar, and the same sound once more as a loop of any
// phones; the gain is how much better the phrase explains it. Whole-word
// models beat the loop on what was really said and lose on anything else.
// Found with 11 synthetic voices, 9 keywords and 16 other words and sentences
// through 8 kHz µ-law, clean and with noise 20 and 10 dB below the voice; the
// matrix is printed by TestMatrix.
const (
	acceptGain = 4.0
	fullGain   = 20.0 // confidence 1
	sureAt     = 0.75
	minFit     = -50.0 // score of the phrase alone
	// minShare is how much of the speech the phrase must cover: a word in a
	// long sentence was not said to the assistant as a command.
	minShare = 0.4
)

const (
	decodeTimeout = 5 * time.Second
	maxHypothesis = 1 << 20 // bytes; a phone takes about 25
	// floorNoise is the amplitude of noise mixed to what is heard. Digital
	// silence, which no microphone makes, misleads the estimate of the
	// channel: 88 of 99 clean keywords were right without, 97 with it.
	floorNoise = 150
)

// decode runs the recogniser twice on an utterance, in a directory of its own.
// A process for each utterance costs 30 ms to start. It needs no adaptation,
// because the whole utterance is normalised at once; a process for each call,
// which normalises as it listens, mishears the first words.
func (r *Recognizer) decode(ctx context.Context, g *Grammar, s audio.Sound) (Result, error) {
	dir, err := os.MkdirTemp("", "va-hearing-")
	if err != nil {
		return Result{}, fmt.Errorf("recogniser files: %w", err)
	}
	defer os.RemoveAll(dir)
	raw := audio.L16.AppendEncode(nil, withNoise(s.Samples))
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "u.raw"), raw, 0o600),
		os.WriteFile(filepath.Join(dir, "ctl"), []byte("u\n"), 0o600),
	); err != nil {
		return Result{}, fmt.Errorf("recogniser files: %w", err)
	}
	phrase, err := r.pass(ctx, dir, "phrase", g.jsgf(), g.words)
	if err != nil || !phrase.complete {
		return Result{}, err
	}
	loop, err := r.pass(ctx, dir, "loop", phoneLoop.jsgf, phoneLoop.words)
	if err != nil {
		return Result{}, err
	}
	return g.judge(phrase, loop), nil
}

// pass decodes the utterance in dir with one grammar.
func (r *Recognizer) pass(ctx context.Context, dir, name, jsgf, words string) (hypothesis, error) {
	grammar, dict, out := filepath.Join(dir, name+".jsgf"), filepath.Join(dir, name+".dict"), filepath.Join(dir, name)
	if err := errors.Join(
		os.WriteFile(grammar, []byte(jsgf), 0o600),
		os.WriteFile(dict, []byte(words), 0o600),
	); err != nil {
		return hypothesis{}, fmt.Errorf("recogniser files: %w", err)
	}
	_, err := process{
		program: r.program,
		args: []string{
			"-hmm", r.acoustic(), "-dict", dict, "-jsgf", grammar,
			"-adcin", "yes", "-cepdir", dir, "-cepext", ".raw", "-ctl", filepath.Join(dir, "ctl"),
			"-cmn", "batch", "-hypseg", out, "-logfn", os.DevNull,
		},
		timeout: decodeTimeout,
		maxOut:  maxMessage,
	}.run(ctx)
	if err != nil {
		return hypothesis{}, err
	}
	f, err := os.Open(out)
	if err != nil {
		return hypothesis{}, fmt.Errorf("recogniser output: %w", err)
	}
	defer f.Close()
	line, err := io.ReadAll(io.LimitReader(f, maxHypothesis))
	if err != nil {
		return hypothesis{}, fmt.Errorf("recogniser output: %w", err)
	}
	return parseHypothesis(string(line))
}

// judge compares the best phrase with the loop of phones.
func (g *Grammar) judge(phrase, loop hypothesis) Result {
	keyword := strings.Join(phrase.words, " ")
	if phrase.frames <= 0 || !slices.Contains(g.phrases, keyword) {
		return Result{}
	}
	speech := max(loop.frames, 1)
	gain := float64(phrase.score-loop.score) / float64(speech)
	fit := float64(phrase.spoken) / float64(phrase.frames)
	share := float64(phrase.frames) / float64(speech)
	confidence := min(max(gain/fullGain, 0), 1)
	accepted := gain >= acceptGain && fit >= minFit && share >= minShare
	return Result{
		Keyword: keyword, Confidence: confidence,
		Accepted: accepted, Sure: accepted && confidence >= sureAt,
	}
}

// withNoise mixes noise to samples, always the same.
func withNoise(samples []int16) []int16 {
	out := make([]int16, len(samples))
	state := uint32(1)
	for i, v := range samples {
		state = state*1103515245 + 12345 // the generator of ISO C
		noise := int(state>>16)%(2*floorNoise+1) - floorNoise
		out[i] = int16(min(max(int(v)+noise, -1<<15), 1<<15-1))
	}
	return out
}
