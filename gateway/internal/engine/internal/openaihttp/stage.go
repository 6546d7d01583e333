package openaihttp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxError is how much of a refusal is read, in bytes.
const maxError = 4 << 10

// Doer sends requests; outbound.Client is one. An answer's body ends with an
// error after most bytes.
type Doer interface {
	DoUpTo(r *http.Request, most int64) (*http.Response, error)
}

// Stage is one service: a server, a model and perhaps a key.
type Stage struct {
	Doer    Doer
	BaseURL string // as https://api.openai.com/v1
	Model   string
	Key     string // empty for none
}

// StatusError is an answer other than 200. It holds the stable words of the
// answer only: a message may repeat parts of a key.
type StatusError struct {
	Status     int
	Type, Code string // empty if the answer has none
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered with status %d, type %.80q, code %.80q", e.Status, e.Type, e.Code)
}

// post sends a request and gives the body of its answer. Errors hold no key and
// no text that was sent.
func (s *Stage) post(ctx context.Context, path, contentType string, body io.Reader, most int64) (io.ReadCloser, error) {
	target := strings.TrimSuffix(s.BaseURL, "/") + path
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, body)
	if err != nil {
		return nil, fmt.Errorf("the address of the server is no URL")
	}
	r.Header.Set("Content-Type", contentType)
	if s.Key != "" {
		r.Header.Set("Authorization", "Bearer "+s.Key)
	}
	res, err := s.Doer.DoUpTo(r, most)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return nil, refusal(res)
	}
	return res.Body, nil
}

func refusal(res *http.Response) error {
	e := &StatusError{Status: res.StatusCode}
	var answer struct {
		Error struct{ Type, Code string }
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxError))
	if err == nil && json.Unmarshal(data, &answer) == nil {
		e.Type, e.Code = answer.Error.Type, answer.Error.Code
	}
	return e
}
