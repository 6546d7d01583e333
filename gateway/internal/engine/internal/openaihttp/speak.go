package openaihttp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// maxSpeech bounds the answer to Speak in bytes: two minutes at 24 kHz.
const maxSpeech = 6 << 20

// Speak gives the sound of a text. The answer is a WAV file, which names its
// sampling rate, unlike raw audio, whose rate differs between servers. Errors:
// *StatusError.
func (s *Stage) Speak(ctx context.Context, text, voice string, speed float64) (audio.Sound, error) {
	body, err := json.Marshal(struct {
		Model  string  `json:"model"`
		Input  string  `json:"input"`
		Voice  string  `json:"voice"`
		Format string  `json:"response_format"`
		Speed  float64 `json:"speed,omitempty"`
	}{s.Model, text, voice, "wav", speed})
	if err != nil {
		return audio.Sound{}, fmt.Errorf("speak: %w", err)
	}
	res, err := s.post(ctx, "/audio/speech", "application/json", bytes.NewReader(body), maxSpeech)
	if err != nil {
		return audio.Sound{}, fmt.Errorf("speak: %w", err)
	}
	defer res.Close()
	sound, err := audio.ReadWAV(res)
	if err != nil {
		return audio.Sound{}, fmt.Errorf("speak: %w", err)
	}
	return sound, nil
}
