package speech_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

const greeting = "Hello. You have reached the voice assistant. How can I help you?"

func TestSpeechIsDeterministicAndAt16kHz(t *testing.T) {
	t.Parallel()
	u := speech.Utterance{Text: "Two times three is six.", Language: "en-US"}
	a, err := espeak(t).Render(t.Context(), u)
	require.NoError(t, err)
	b, err := espeak(t).Render(t.Context(), u)
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.Equal(t, speech.Rate, a.Rate)
	require.Greater(t, a.Duration(), time.Second)
	require.Greater(t, audio.RMS(a.Samples), -35.0)
}

func TestVoiceSpeedAndPronunciationChangeTheSound(t *testing.T) {
	t.Parallel()
	s := espeak(t)
	plain := speech.Utterance{Text: "Welcome to Acme.", Language: "en-US"}
	render := func(u speech.Utterance) audio.Sound {
		sound, err := s.Render(t.Context(), u)
		require.NoError(t, err)
		return sound
	}
	reference := render(plain)
	cases := []struct {
		name string
		u    speech.Utterance
		same bool
	}{
		{name: "voice", u: speech.Utterance{Text: plain.Text, Language: "en-US", Voice: "en-us+f3"}},
		{name: "language", u: speech.Utterance{Text: plain.Text, Language: "de-DE"}},
		{name: "slow", u: speech.Utterance{Text: plain.Text, Language: "en-US", Speed: 0.5}},
		{name: "respelled", u: speech.Utterance{
			Text: plain.Text, Language: "en-US", Pronunciations: map[string]string{"acme": "ack mee"},
		}},
		{name: "unknown language", u: speech.Utterance{Text: plain.Text, Language: "xx-YY"}, same: true},
		{name: "unknown voice", u: speech.Utterance{Text: plain.Text, Language: "en-US", Voice: "nobody"}, same: true},
		{name: "pronunciation of another word", same: true, u: speech.Utterance{
			Text: plain.Text, Language: "en-US", Pronunciations: map[string]string{"acm": "x"},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.same {
				require.Equal(t, reference, render(c.u))
			} else {
				require.NotEqual(t, reference, render(c.u))
			}
		})
	}
}

func TestRecordedPrompts(t *testing.T) {
	t.Parallel()
	s := speech.New(speech.Options{Espeak: "/nonexistent"})
	require.Equal(t, speech.ModeEmbedded, s.Name())
	render := func(text string, p speech.Purpose) audio.Sound {
		sound, err := s.Render(t.Context(), speech.Utterance{Text: text, Purpose: p})
		require.NoError(t, err)
		require.Equal(t, speech.Rate, sound.Rate)
		require.Greater(t, audio.RMS(sound.Samples), -40.0)
		return sound
	}
	for _, p := range speech.Prompts() {
		require.Equal(t, render(p.Text, speech.PurposeStatement), render(strings.ToUpper(p.Text), speech.PurposeHelp), p.Name)
	}
	require.Equal(t, render(greeting, speech.PurposeStatement), render("Welcome to Acme!", speech.PurposeGreeting))
	require.Equal(t, render("Welcome to Acme!", "unheard of"), render("anything", speech.PurposeStatement))

	question := render("Did you say agent? Say yes or press 1. Say no or press 2.", speech.PurposeConfirm)
	require.Equal(t, question.Samples, append(append(append([]int16(nil),
		render("Did you say", "").Samples...), render("agent?", "").Samples...),
		render("Say yes or press 1. Say no or press 2.", "").Samples...))
}

// TestPromptsAreWhatTheySay fails when prompts.json was changed without
// recording again.
func TestPromptsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	s := espeak(t)
	embedded := speech.New(speech.Options{Espeak: "/nonexistent"})
	for _, p := range speech.Prompts() {
		spoken, err := s.Render(t.Context(), speech.Utterance{Text: p.Text})
		require.NoError(t, err)
		recorded, err := embedded.Render(t.Context(), speech.Utterance{Text: p.Text})
		require.NoError(t, err)
		_, score, err := audio.Align(recorded, spoken)
		require.NoError(t, err)
		require.Greaterf(t, score, 0.9, "%s: run go generate", p.Name)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	failed, noLiveAgent := speech.Notices()
	for _, n := range [][]int16{failed, noLiveAgent} {
		require.Greater(t, len(n), 8000)
		require.Greater(t, audio.RMS(n), -40.0)
	}
	require.NotEqual(t, failed, noLiveAgent)
}

func TestWhatCannotBeSaid(t *testing.T) {
	t.Parallel()
	s := speech.New(speech.Options{Espeak: "/nonexistent"})
	_, err := s.Render(t.Context(), speech.Utterance{})
	require.EqualError(t, err, "nothing to say")
	_, err = s.Render(t.Context(), speech.Utterance{Text: strings.Repeat("é", speech.MaxText+1)})
	require.EqualError(t, err, "text of more than 4000 characters")
}

// voiceTable makes a script answer the question for voices.
const voiceTable = `[ "$1" = --voices ] && { echo " 2  en-us  --/M  English  gmw/en-US"; exit 0; }
`

func TestSynthesiserThatDoesNotWorkENG13(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, script string }{
		{"absent", ""},
		{"has no voices", "exit 0"},
		{"crashes", voiceTable + "kill -SEGV $$"},
		{"fails", voiceTable + "echo no luck >&2; exit 1"},
		{"says nothing", voiceTable + "exit 0"},
		{"writes no WAV", voiceTable + "echo RIFF"},
		{"floods", voiceTable + "exec yes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := speech.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Espeak: "/nonexistent"}
			if c.script != "" {
				o.Espeak = program(t, c.script)
			}
			s := speech.New(o)
			reference, err := s.Render(t.Context(), speech.Utterance{Text: greeting, Mode: speech.ModeEmbedded})
			require.NoError(t, err)
			for _, mode := range []string{"", speech.ModeAuto, speech.ModeEspeak} {
				got, err := s.Render(t.Context(), speech.Utterance{Text: greeting, Mode: mode})
				require.NoError(t, err)
				require.Equal(t, reference, got)
			}
			require.Equal(t, 1, strings.Count(log.String(), "\n"), "logged once: %s", log.String())
		})
	}
}

func TestASynthesiserThatHangsENG13(t *testing.T) {
	t.Parallel()
	s := speech.New(speech.Options{Espeak: program(t, voiceTable+"exec sleep 60")})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	got, err := s.Render(ctx, speech.Utterance{Text: greeting})
	require.NoError(t, err, "the deadline leaves the recorded prompt")
	require.NotEmpty(t, got.Samples)
	again, err := s.Render(t.Context(), speech.Utterance{Text: greeting})
	require.NoError(t, err, "the program is left alone for a while")
	require.Equal(t, got, again)

	s = speech.New(speech.Options{Espeak: program(t, voiceTable+"exec sleep 60")})
	ctx, cancel = context.WithCancel(t.Context())
	defer time.AfterFunc(50*time.Millisecond, cancel).Stop()
	_, err = s.Render(ctx, speech.Utterance{Text: greeting})
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhatWasRenderedOutlivesAFailure(t *testing.T) {
	t.Parallel()
	path, runs := counting(t)
	s := speech.New(speech.Options{Espeak: path})
	good, err := s.Render(t.Context(), speech.Utterance{Text: "a"})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o700))
	stand, err := s.Render(t.Context(), speech.Utterance{Text: "b"})
	require.NoError(t, err)
	require.NotEqual(t, good, stand)
	again, err := s.Render(t.Context(), speech.Utterance{Text: "a"})
	require.NoError(t, err)
	require.Equal(t, good, again)
	require.Equal(t, 1, runs())
}

// counting is a synthesiser that says the same and notes every run.
func counting(t *testing.T) (path string, runs func() int) {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(dir + "/wav")
	require.NoError(t, err)
	require.NoError(t, audio.WriteWAV(f, audio.Sound{Rate: 22050, Samples: make([]int16, 2205)}))
	require.NoError(t, f.Close())
	path = program(t, fmt.Sprintf(voiceTable+"echo x >>%[1]s/runs; sleep 0.1; exec cat %[1]s/wav", dir))
	return path, func() int {
		b, _ := os.ReadFile(dir + "/runs")
		return bytes.Count(b, []byte("\n"))
	}
}

func TestEqualUtterancesAreRenderedOnce(t *testing.T) {
	t.Parallel()
	path, runs := counting(t)
	s := speech.New(speech.Options{Espeak: path})
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			_, err := s.Render(t.Context(), speech.Utterance{Text: "x", Purpose: speech.Purpose(fmt.Sprint(i))})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1, runs())
	_, err := s.Render(t.Context(), speech.Utterance{Text: "y"})
	require.NoError(t, err)
	require.Equal(t, 2, runs())
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	path, runs := counting(t)
	s := speech.New(speech.Options{Espeak: path, CacheBytes: 2 * 3200}) // two sounds of 100 ms
	for _, text := range []string{"a", "b", "a", "c", "a", "b"} {
		_, err := s.Render(t.Context(), speech.Utterance{Text: text})
		require.NoError(t, err)
	}
	require.Equal(t, 4, runs(), "b made room for c")
}

// TestTheProgramGetsTheTextAndNothingElse looks at command line, input and
// environment.
func TestTheProgramGetsTheTextAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("VA_ADMIN_TOKEN", "planted")
	s := speech.New(speech.Options{Espeak: program(t, fmt.Sprintf(
		voiceTable+`echo "$@" >%[1]s/args; cat >%[1]s/text; env >%[1]s/env`, dir))})
	_, err := s.Render(t.Context(), speech.Utterance{
		Text: "-w x\x00\n[[a]] Acme", Voice: "../etc+f3", Pronunciations: map[string]string{"ACME": "ack"},
	})
	require.NoError(t, err)
	read := func(name string) string {
		b, err := os.ReadFile(dir + "/" + name)
		require.NoError(t, err)
		return string(b)
	}
	require.Equal(t, "--stdin --stdout -b 1 -v en-us+f3 -s 175\n", read("args"))
	require.Equal(t, "-w x  [ [a]] ack\n", read("text"))
	require.NotContains(t, read("env"), "planted")
}

func BenchmarkRenderCached(b *testing.B) {
	s := espeak(b)
	u := speech.Utterance{Text: greeting}
	b.ReportAllocs()
	for b.Loop() {
		_, err := s.Render(b.Context(), u)
		require.NoError(b, err)
	}
}
