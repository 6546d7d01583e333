package openaihttptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Models and the voice that a Server knows.
const (
	TranscriptionModel = "whisper-1"
	SpeechModel        = "tts-1"
	Voice              = "alloy"
)

// Server is a running server.
type Server struct {
	URL string // base URL, with /v1

	key string

	mu       sync.Mutex
	texts    []string
	status   int
	language string
	heard    []audio.Sound
	spoken   []string
	problems []string
}

// Start runs a server that wants a key, or none if that is empty, until the test
// ends.
func Start(t testing.TB, key string) *Server {
	t.Helper()
	s := &Server{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/audio/transcriptions", s.serve(s.transcribe))
	mux.HandleFunc("POST /v1/audio/speech", s.serve(s.speak))
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	s.URL = h.URL + "/v1"
	return s
}

// Hears makes the next transcriptions these texts, the last one for ever.
func (s *Server) Hears(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = texts
}

// Fails makes every request end with a status; 0 lifts that.
func (s *Server) Fails(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Heard are the sounds that were transcribed.
func (s *Server) Heard() []audio.Sound {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]audio.Sound(nil), s.heard...)
}

// Spoken are the texts that were spoken.
func (s *Server) Spoken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.spoken...)
}

// Language is the one of the last transcription.
func (s *Server) Language() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.language
}

// Problems are what was wrong with requests that were refused.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

func (s *Server) serve(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		status := s.status
		s.mu.Unlock()
		want := ""
		if s.key != "" {
			want = "Bearer " + s.key
		}
		switch {
		case status != 0:
			refuse(w, status, "server_error")
			return
		case r.Header.Get("Authorization") != want:
			refuse(w, http.StatusUnauthorized, "invalid_api_key")
			return
		}
		if err := handle(w, r); err != nil {
			s.mu.Lock()
			s.problems = append(s.problems, err.Error())
			s.mu.Unlock()
			refuse(w, http.StatusBadRequest, "invalid_request")
		}
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"message":"your key sk-planted","type":"invalid_request_error","code":%q}}`, code)
}

func (s *Server) transcribe(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseMultipartForm(audio.MaxWAV); err != nil {
		return err
	}
	form := r.MultipartForm
	for name := range form.Value {
		if name != "model" && name != "language" && name != "response_format" {
			return fmt.Errorf("unknown field %q", name)
		}
	}
	language := r.FormValue("language")
	files := form.File["file"]
	switch {
	case len(files) != 1 || len(form.File) != 1:
		return errors.New("not exactly one file")
	case !strings.HasSuffix(files[0].Filename, ".wav"):
		return errors.New("the file is not named as a WAV file")
	case r.FormValue("model") != TranscriptionModel:
		return errors.New("unknown model")
	case r.FormValue("response_format") != "json":
		return errors.New("unknown format")
	case language != "" && len(language) != 2 && len(language) != 3:
		return errors.New("language is not of ISO 639")
	}
	f, err := files[0].Open()
	if err != nil {
		return err
	}
	defer f.Close()
	sound, err := audio.ReadWAV(f)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.heard, s.language = append(s.heard, sound), language
	text := ""
	if len(s.texts) > 0 {
		text = s.texts[0]
		if len(s.texts) > 1 {
			s.texts = s.texts[1:]
		}
	}
	s.mu.Unlock()
	return json.NewEncoder(w).Encode(map[string]string{"text": text})
}

func (s *Server) speak(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Model  string
		Input  string
		Voice  string
		Format string `json:"response_format"`
		Speed  float64
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return err
	}
	switch {
	case in.Model != SpeechModel || in.Voice != Voice:
		return errors.New("unknown model or voice")
	case in.Input == "" || len(in.Input) > 4096:
		return errors.New("input has not 1 to 4096 characters")
	case in.Format != "wav":
		return errors.New("only wav is made here")
	case in.Speed != 0 && (in.Speed < 0.25 || in.Speed > 4):
		return errors.New("speed is not 0.25 to 4")
	}
	s.mu.Lock()
	s.spoken = append(s.spoken, in.Input)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "audio/wav")
	return audio.WriteWAV(w, Tone(in.Input))
}

// Tone is what a text sounds like: 50 ms for every character.
func Tone(text string) audio.Sound {
	const rate = 24000
	samples := make([]int16, len(text)*rate/20)
	for i := range samples {
		samples[i] = int16(i%100*100 - 5000)
	}
	return audio.Sound{Rate: rate, Samples: samples}
}
