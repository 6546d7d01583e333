package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// Problem is the RFC 9457 answer of every failed request.
type Problem struct {
	api.Problem
	retryAfter int
}

// TooMany answers a request that came too soon after others of its source. It
// comes before routing, so it is written without huma.
func TooMany(w http.ResponseWriter, _ *http.Request) {
	p := problem(http.StatusTooManyRequests, "too many requests from this address")
	p.retryAfter = 1
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone
}

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

var problemsOnce sync.Once

// useProblems makes huma answer with Problem. Its own error model echoes the
// offending value, which may be a secret; ours has no place for one. huma
// keeps the constructor in a global, so it is set once for the process.
func useProblems() {
	problemsOnce.Do(func() {
		huma.DefaultArrayNullable = false // lists are never null here
		huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
			p := problem(status, message)
			for _, err := range errs {
				if err == nil {
					continue
				}
				var detailer huma.ErrorDetailer
				if errors.As(err, &detailer) {
					d := detailer.ErrorDetail()
					p.Errors = append(p.Errors, api.ProblemField{Location: d.Location, Message: d.Message})
				} else if status < http.StatusInternalServerError {
					p.Errors = append(p.Errors, api.ProblemField{Message: "the request cannot be read"})
				}
			}
			return p
		}
	})
}

func problem(status int, detail string, fields ...api.ProblemField) *Problem {
	return &Problem{Problem: api.Problem{
		Status: status, Title: http.StatusText(status), Detail: detail, Errors: fields,
	}}
}

func notFound(what, id string) error {
	return problem(http.StatusNotFound, fmt.Sprintf("%s %q does not exist", what, id))
}

// invalid answers broken rules at their place in the body.
func invalid(errs ...api.FieldError) error {
	p := problem(http.StatusUnprocessableEntity, "validation failed")
	for _, e := range errs {
		p.Errors = append(p.Errors, api.ProblemField{Location: "body." + e.Field, Message: e.Message})
	}
	return p
}

// storeProblem turns what the store says into an answer; anything it does not
// know is logged and answered without detail.
func (a *Admin) storeProblem(err error, what, id string) error {
	var p *Problem
	var conflict *store.ConflictError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p):
		return p
	case errors.Is(err, store.ErrNotFound):
		return notFound(what, id)
	case errors.Is(err, store.ErrGone):
		return problem(http.StatusGone, what+" was deleted")
	case errors.As(err, &conflict):
		return problem(http.StatusConflict, fmt.Sprintf("%s conflicts with an existing one: %s", what, conflict.Field))
	}
	a.Log.Error("admin request failed", "error", err)
	p = problem(http.StatusServiceUnavailable, "the store cannot be reached; nothing was changed")
	p.retryAfter = 1
	return p
}

// ifMatch reads an If-Match header: whatever is true for "*".
func ifMatch(header string) (revision int64, whatever bool, err error) {
	header = strings.TrimSpace(header)
	if header == "*" {
		return 0, true, nil
	}
	if header == "" {
		return 0, false, problem(http.StatusPreconditionRequired, `send If-Match with the ETag that was read, or "*"`)
	}
	text, okPrefix := strings.CutPrefix(header, `"`)
	text, okSuffix := strings.CutSuffix(text, `"`)
	revision, err = strconv.ParseInt(text, 10, 64)
	if !okPrefix || !okSuffix || err != nil {
		return 0, false, problem(http.StatusBadRequest, `If-Match is not an ETag of this API or "*"`)
	}
	return revision, false, nil
}
