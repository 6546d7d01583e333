package oauth

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// failure is an error answer (RFC 6749 section 5.2). Descriptions hold nothing
// of the request.
type failure struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
	retryAfter  time.Duration
	result      string // label of va_token_requests_total
}

func badRequest(code, description string) *failure {
	return &failure{status: http.StatusBadRequest, Code: code, Description: description, result: code}
}

// invalidClient is the same whatever is wrong, so that it tells nothing.
func invalidClient() *failure {
	return &failure{
		status: http.StatusUnauthorized, Code: "invalid_client", result: "invalid_client",
		Description: "client_id and client_secret are required by HTTP Basic or in the body, and must be right",
	}
}

// tooMany has a code of its own: the RFC defines none for status 429.
func tooMany(wait time.Duration, result string) *failure {
	return &failure{
		status: http.StatusTooManyRequests, Code: "too_many_requests", retryAfter: wait, result: result,
		Description: "wait as Retry-After says",
	}
}

func unavailable() *failure {
	return &failure{
		status: http.StatusServiceUnavailable, Code: "temporarily_unavailable", retryAfter: time.Second,
		result: "unavailable", Description: "try again",
	}
}

func (f *failure) write(w http.ResponseWriter) {
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="va", charset="UTF-8"`)
	}
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter(f.retryAfter)))
	}
	writeJSON(w, f.status, "no-store", f)
}

// granted is a token answer (RFC 6749 section 5.1).
type granted struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope"`
}

func writeJSON(w http.ResponseWriter, status int, cache string, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", cache)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
