package openaihttp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// maxTranscript bounds the answer to Transcribe in bytes.
	maxTranscript = 64 << 10
	// MaxWords bounds what Transcribe gives, in bytes.
	MaxWords = 8000
)

// Transcribe writes down what is said in a sound; empty means that nothing is.
// language is a BCP 47 tag, of which the server is told the first part. Errors:
// *StatusError.
func (s *Stage) Transcribe(ctx context.Context, sound audio.Sound, language string) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	primary, _, _ := strings.Cut(language, "-")
	for _, field := range [...][2]string{
		{"model", s.Model}, {"response_format", "json"}, {"language", strings.ToLower(primary)},
	} {
		if field[1] != "" {
			_ = form.WriteField(field[0], field[1]) // a buffer never fails
		}
	}
	file, _ := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="turn.wav"`}, "Content-Type": {"audio/wav"},
	})
	if err := audio.WriteWAV(file, sound); err != nil {
		return "", err
	}
	_ = form.Close()
	res, err := s.post(ctx, "/audio/transcriptions", form.FormDataContentType(), &body, maxTranscript)
	if err != nil {
		return "", fmt.Errorf("transcribe: %w", err)
	}
	defer res.Close()
	var answer struct{ Text *string }
	if err := json.NewDecoder(res).Decode(&answer); err != nil {
		return "", fmt.Errorf("transcribe: read the answer: %w", err)
	}
	if answer.Text == nil {
		return "", fmt.Errorf("transcribe: the answer has no text")
	}
	words := strings.Join(strings.Fields(*answer.Text), " ")
	if len(words) > MaxWords {
		words = strings.ToValidUTF8(words[:MaxWords], "")
	}
	return words, nil
}
