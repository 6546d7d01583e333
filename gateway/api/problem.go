package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Problem is the RFC 9457 body of every error answer of the admin API
// (application/problem+json). It never contains the value of a sensitive
// field; Errors carry locations and rules only.
type Problem struct {
	Type     string         `json:"type,omitempty"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail,omitempty"`
	Instance string         `json:"instance,omitempty"`
	Errors   []ProblemField `json:"errors,omitempty"`
}

// ProblemField is one broken rule.
type ProblemField struct {
	// Location is a dotted path such as "body.max_call_duration".
	Location string `json:"location,omitempty"`
	// Message names the rule, for people.
	Message string `json:"message"`
}

// Error implements error.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", p.Status, p.Title)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	for _, e := range p.Errors {
		fmt.Fprintf(&b, "; %s: %s", e.Location, e.Message)
	}
	return b.String()
}

// Status returns the HTTP status of the problem inside err, or 0 when err is
// no answer of the server (a lost connection, a cancelled context).
func Status(err error) int {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status
	}
	return 0
}

// IsNotFound reports whether err is a 404 answer.
func IsNotFound(err error) bool { return Status(err) == http.StatusNotFound }

// FieldError is a broken rule found by a Validate method of this package.
// Field is the dotted JSON path without the leading "body.".
type FieldError struct {
	Field   string
	Message string
}

// Error implements error.
func (e FieldError) Error() string { return e.Field + ": " + e.Message }
