package api

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	firstDelay = 250 * time.Millisecond
	maxDelay   = 10 * time.Second
	maxAfter   = time.Minute // a longer Retry-After is an answer, not a pause
)

// delayed is a problem whose answer carried Retry-After.
type delayed struct {
	*Problem
	after time.Duration
}

// Unwrap lets errors.As find the Problem.
func (d *delayed) Unwrap() error { return d.Problem }

// retriedError is the last error of a request, one of whose earlier attempts
// may have taken effect.
type retriedError struct {
	last error
	lost *TransportError
}

// Error implements error.
func (e *retriedError) Error() string {
	return e.last.Error() + " (an earlier attempt went unanswered: " + e.lost.Error() + ")"
}

// Unwrap lets errors.As find the last answer first, then the lost attempt.
func (e *retriedError) Unwrap() []error { return []error{e.last, e.lost} }

// retry repeats op while the fault is passing: 429, 502, 503, 504, or no
// answer. Anything else is final. Delays start at 0.25 s and double to 10 s,
// with jitter, unless the server names one. When an attempt before the last
// one may have taken effect, errors.As finds its TransportError in the result.
func (c *Client) retry(
	ctx context.Context, method, path string, repeatable bool, op func(context.Context) error,
) error {
	delay := firstDelay
	var lost *TransportError
	final := func(err error) error {
		if err == nil || lost == nil {
			return err
		}
		return &retriedError{last: err, lost: lost}
	}
	for n := 0; ; n++ {
		err := op(ctx)
		if err == nil || !repeatable || n >= c.maxRetries || ctx.Err() != nil || !passing(err) {
			return final(err)
		}
		wait := delay/2 + rand.N(delay/2+1)
		var d *delayed
		if errors.As(err, &d) {
			if d.after > maxAfter {
				return final(err)
			}
			wait = d.after
		}
		if lost == nil {
			lost = c.unanswered(method, path, err)
		}
		delay = min(2*delay, maxDelay)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return final(err) // says more than "context cancelled"
		case <-timer.C:
		}
	}
}

// unanswered gives the attempt that err ended, if the gateway may have worked
// on it: a connection that was never made is certain, and so is an answer of
// the gateway, but 502 and 504 come from a proxy that got none.
func (c *Client) unanswered(method, path string, err error) *TransportError {
	var lost *TransportError
	var socket *net.OpError
	switch status := Status(err); {
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		// As text, so that Status of the final error is not this one.
		return &TransportError{Method: method, Endpoint: c.base, Path: path, Err: errors.New(err.Error())}
	case !errors.As(err, &lost), errors.As(err, &socket) && socket.Op == "dial":
		return nil
	}
	return lost
}

func passing(err error) bool {
	var transport *TransportError
	if errors.As(err, &transport) {
		return true
	}
	switch Status(err) {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func retryAfter(res *http.Response) time.Duration {
	value := res.Header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 86400)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
