package speech_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program writes a shell script that takes the place of a speech program.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	return path
}

// espeak is a Speaker on the real program.
func espeak(t testing.TB) *speech.Speaker {
	t.Helper()
	s := speech.New(speech.Options{})
	if s.Name() != speech.ModeEspeak {
		t.Skip("espeak-ng is not installed")
	}
	return s
}

// pocketsphinx is a Recognizer on the real program.
func pocketsphinx(t testing.TB) *speech.Recognizer {
	t.Helper()
	r := speech.NewRecognizer(speech.RecognizerOptions{})
	if r.Name() != speech.HearingPocketsphinx {
		t.Skip("pocketsphinx and pocketsphinx-en-us are not installed")
	}
	return r
}

// heard is a committed utterance, as it comes from a telephone.
func heard(t testing.TB, name string) audio.Sound {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".ulaw"))
	require.NoError(t, err)
	return telephone(t, audio.DecodeSound(audio.Mulaw8k, data))
}

// telephone takes a sound through 8 kHz µ-law.
func telephone(t testing.TB, s audio.Sound) audio.Sound {
	t.Helper()
	data, err := s.Encode(audio.Mulaw8k)
	require.NoError(t, err)
	s, err = audio.DecodeSound(audio.Mulaw8k, data).Resampled(speech.Rate)
	require.NoError(t, err)
	return s
}
