package api

import (
	"context"
	"errors"
	"math/rand/v2"
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

// retry repeats op while the fault is passing: 429, 502, 503, 504, or no
// answer. Anything else is final. Delays start at 0.25 s and double to 10 s,
// with jitter, unless the server names one.
func (c *Client) retry(ctx context.Context, repeatable bool, op func(context.Context) error) error {
	delay := firstDelay
	for n := 0; ; n++ {
		err := op(ctx)
		if err == nil || !repeatable || n >= c.maxRetries || ctx.Err() != nil || !passing(err) {
			return err
		}
		wait := delay/2 + rand.N(delay/2+1)
		var d *delayed
		if errors.As(err, &d) {
			if d.after > maxAfter {
				return err
			}
			wait = d.after
		}
		delay = min(2*delay, maxDelay)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err // says more than "context cancelled"
		case <-timer.C:
		}
	}
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
