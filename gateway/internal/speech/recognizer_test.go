package speech_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

var (
	keywords = []string{"agent", "operator", "representative", "person", "goodbye", "echo", "repeat"}
	yesNo    = []string{"yes", "no"}
)

func TestAgentAndYesAreHeard(t *testing.T) {
	t.Parallel()
	r := pocketsphinx(t)
	commands, err := r.Grammar(keywords)
	require.NoError(t, err)
	answers, err := r.Grammar(yesNo)
	require.NoError(t, err)
	agent, yes := heard(t, "agent"), heard(t, "yes")
	firstAgent, err := r.Recognize(t.Context(), commands, agent)
	require.NoError(t, err)
	firstYes, err := r.Recognize(t.Context(), answers, yes)
	require.NoError(t, err)
	require.Equal(t, "agent", firstAgent.Keyword)
	require.True(t, firstAgent.Accepted)
	require.Equal(t, "yes", firstYes.Keyword)
	require.True(t, firstYes.Accepted)
	for range 3 {
		got, err := r.Recognize(t.Context(), commands, agent)
		require.NoError(t, err)
		require.Equal(t, firstAgent, got, "the same sound gives the same result")
		got, err = r.Recognize(t.Context(), answers, yes)
		require.NoError(t, err)
		require.Equal(t, firstYes, got)
	}
}

func TestNothingIsHeardInNoiseAndSilence(t *testing.T) {
	t.Parallel()
	r := pocketsphinx(t)
	g, err := r.Grammar(keywords)
	require.NoError(t, err)
	noise := audio.Sound{Rate: speech.Rate, Samples: make([]int16, speech.Rate)}
	for _, amplitude := range []int{0, 3000} {
		addNoise(noise.Samples, amplitude)
		got, err := r.Recognize(t.Context(), g, noise)
		require.NoError(t, err)
		require.False(t, got.Accepted, "%+v", got)
	}
}

func TestUnknownWordsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := pocketsphinx(t).Grammar([]string{"agent", "frobnicate the zqx"})
	require.EqualError(t, err, `words that the recogniser cannot pronounce: "frobnicate", "zqx"`)
	require.ErrorAs(t, err, new(speech.UnknownWordsError))
}

func TestPhrases(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"agent", "live agent", "what's up"} {
		require.NoError(t, speech.CheckPhrase(good), good)
	}
	for _, bad := range []string{
		"", " agent", "two  spaces", "Agent", "agent;", "<agent>", "a|b", "'tis", "naïve", "1",
		"a b c d e f g h i", strings.Repeat("a", 33), "agent\n",
	} {
		require.Error(t, speech.CheckPhrase(bad), bad)
	}
}

func TestRecogniserThatDoesNotWorkENG13(t *testing.T) {
	t.Parallel()
	model := t.TempDir()
	require.NoError(t, os.Mkdir(model+"/en-us", 0o700))
	require.NoError(t, os.WriteFile(model+"/cmudict-en-us.dict", []byte("agent EY JH AH N T\n"), 0o600))
	cases := []struct {
		name, script string
		found        string
	}{
		{name: "absent", found: speech.HearingNone},
		{name: "crashes", script: "kill -SEGV $$", found: speech.HearingPocketsphinx},
		{name: "fails", script: "echo no luck >&2; exit 1", found: speech.HearingPocketsphinx},
		{name: "says nothing", script: "exit 0", found: speech.HearingPocketsphinx},
		{name: "floods", script: "yes", found: speech.HearingPocketsphinx},
		{name: "writes nonsense", found: speech.HearingPocketsphinx, script: `
			while [ "$1" != -hypseg ]; do shift; done
			echo "u S 0 T -1 A x L y 0 0 0 agent 9" >"$2"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := speech.RecognizerOptions{Log: slog.New(slog.NewTextHandler(&log, nil)), Program: "/nonexistent", Model: model}
			if c.script != "" {
				o.Program = program(t, c.script)
			}
			r := speech.NewRecognizer(o)
			require.Equal(t, c.found, r.Name())
			g, err := r.Grammar([]string{"agent"})
			require.NoError(t, err)
			for range 2 {
				got, err := r.Recognize(t.Context(), g, heard(t, "agent"))
				require.NoError(t, err)
				require.Zero(t, got)
			}
			require.Equal(t, 1, strings.Count(log.String(), "\n"), "logged once: %s", log.String())
		})
	}
}

func TestARecogniserThatHangsEndsWithTheCallENG13(t *testing.T) {
	t.Parallel()
	model := t.TempDir()
	require.NoError(t, os.Mkdir(model+"/en-us", 0o700))
	require.NoError(t, os.WriteFile(model+"/cmudict-en-us.dict", []byte("agent EY JH AH N T\n"), 0o600))
	r := speech.NewRecognizer(speech.RecognizerOptions{Program: program(t, "exec sleep 60"), Model: model})
	g, err := r.Grammar([]string{"agent"})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = r.Recognize(ctx, g, heard(t, "agent"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestLongSoundsAreNoCommands(t *testing.T) {
	t.Parallel()
	r := pocketsphinx(t)
	g, err := r.Grammar(keywords)
	require.NoError(t, err)
	s := heard(t, "agent")
	s.Samples = append(s.Samples, make([]int16, speech.Rate*11)...)
	got, err := r.Recognize(t.Context(), g, s)
	require.NoError(t, err)
	require.Zero(t, got)
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	r := pocketsphinx(t)
	require.True(t, r.Understands("en-GB"))
	require.True(t, r.Understands(""))
	require.False(t, r.Understands("de-DE"))
	require.False(t, speech.NewRecognizer(speech.RecognizerOptions{Program: "/nonexistent"}).Understands("en-US"))
}

// addNoise mixes white noise of an amplitude to samples.
func addNoise(samples []int16, amplitude int) {
	state := uint32(7)
	for i, v := range samples {
		state = state*1664525 + 1013904223
		noise := int(state>>16)%(2*amplitude+1) - amplitude
		samples[i] = int16(min(max(int(v)+noise, -1<<15), 1<<15-1))
	}
}

func BenchmarkRecognize(b *testing.B) {
	r := pocketsphinx(b)
	g, err := r.Grammar(keywords)
	require.NoError(b, err)
	s := heard(b, "agent")
	b.ReportAllocs()
	for b.Loop() {
		_, err := r.Recognize(b.Context(), g, s)
		require.NoError(b, err)
	}
}
