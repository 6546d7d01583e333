package handset

import (
	"fmt"
	"strings"
)

// maxViolations bounds what is remembered of a call that is wrong all along.
const maxViolations = 10

// ViolationError lists what the platform would not take from the gateway.
type ViolationError struct {
	Violations []string // the first ones, in order
	Count      int      // of all
}

// Error implements error.
func (e *ViolationError) Error() string {
	return fmt.Sprintf("%d violations of the protocol, first: %s", e.Count, strings.Join(e.Violations, "; "))
}

// Add remembers a violation.
func (e *ViolationError) Add(format string, args ...any) {
	e.Count++
	if len(e.Violations) < maxViolations {
		e.Violations = append(e.Violations, fmt.Sprintf(format, args...))
	}
}

// Err gives the violations as an error, nil when there are none.
func (e *ViolationError) Err() error {
	if e.Count == 0 {
		return nil
	}
	return e
}
