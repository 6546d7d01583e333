package openaihttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/openaihttp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/openaihttp/openaihttptest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T) *outbound.Client {
	t.Helper()
	c := outbound.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil)
	t.Cleanup(c.Close)
	return c
}

func TestTranscribe(t *testing.T) {
	t.Parallel()
	s := openaihttptest.Start(t, "sk-planted")
	s.Hears(" Where is\n my order? ")
	stage := openaihttp.Stage{
		Doer: client(t), BaseURL: s.URL + "/", Model: openaihttptest.TranscriptionModel, Key: "sk-planted",
	}
	said := audio.Sound{Rate: 16000, Samples: make([]int16, 16000)}
	said.Samples[5] = 77
	words, err := stage.Transcribe(t.Context(), said, "en-US")
	require.NoError(t, err)
	require.Empty(t, s.Problems())
	require.Equal(t, "Where is my order?", words)
	require.Equal(t, []audio.Sound{said}, s.Heard())
	require.Equal(t, "en", s.Language())

	s.Hears(strings.Repeat("ö", 10000))
	words, err = stage.Transcribe(t.Context(), said, "")
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("ö", openaihttp.MaxWords/2), words)
}

func TestSpeak(t *testing.T) {
	t.Parallel()
	s := openaihttptest.Start(t, "")
	stage := openaihttp.Stage{Doer: client(t), BaseURL: s.URL, Model: openaihttptest.SpeechModel}
	sound, err := stage.Speak(t.Context(), "Hello.", openaihttptest.Voice, 1.25)
	require.NoError(t, err)
	require.Empty(t, s.Problems())
	require.Equal(t, openaihttptest.Tone("Hello."), sound)
	require.Equal(t, []string{"Hello."}, s.Spoken())
}

func writing(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }
}

func TestWhatDoesNotWork(t *testing.T) {
	t.Parallel()
	answering := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	strict := openaihttptest.Start(t, "sk-planted")
	failing := openaihttptest.Start(t, "")
	failing.Fails(http.StatusInternalServerError)
	for _, c := range []struct {
		name, url, want string
	}{
		{"a wrong key", strict.URL, `status 401, type "invalid_request_error", code "invalid_api_key"`},
		{"an error", failing.URL, `status 500`},
		{"no JSON", answering(writing("<html>")), "read the answer"},
		{"no text", answering(writing("{}")), "has no text"},
		{
			"too much", answering(writing(`{"text":"` + strings.Repeat("a", 100<<10) + `"}`)), "too large",
		},
		{"nobody", "http://127.0.0.1:1/v1", "refused"},
		{"a private address", "https://10.0.0.1/v1", "not public"},
		{
			"no answer", answering(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}), "deadline",
		},
		{"no URL", "http://\x7f", "no URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			stage := openaihttp.Stage{
				Doer: client(t), BaseURL: c.url, Model: openaihttptest.TranscriptionModel, Key: "sk-other",
			}
			_, err := stage.Transcribe(ctx, audio.Sound{Rate: 8000, Samples: make([]int16, 800)}, "en-US")
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "sk-")
		})
	}
	stage := openaihttp.Stage{Doer: client(t), BaseURL: strict.URL, Model: "other", Key: "sk-planted"}
	_, err := stage.Speak(t.Context(), "Hello.", openaihttptest.Voice, 1)
	var status *openaihttp.StatusError
	require.ErrorAs(t, err, &status)
	require.Equal(t, http.StatusBadRequest, status.Status)
	stage.BaseURL = answering(writing("ID3"))
	_, err = stage.Speak(t.Context(), "Hello.", openaihttptest.Voice, 1)
	require.ErrorContains(t, err, "read WAV")
}
