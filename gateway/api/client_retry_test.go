package api_test

import (
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

const lostAnswer = -1 // instead of a status: the connection breaks

// script answers with one status after the other, the last one for ever, and
// counts the attempts.
func script(attempts *atomic.Int64, retryAfter string, statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		n := int(attempts.Add(1))
		status := statuses[min(n, len(statuses))-1]
		if status == lostAnswer {
			panic(http.ErrAbortHandler)
		}
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	}
}

func TestPassingFaultsAreRetried(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 502, 503, 504, lostAnswer} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int64
			c := served(t, 2, script(&attempts, "", status, http.StatusNoContent))
			require.NoError(t, c.Post(t.Context(), "/v1/x", struct{}{}, nil, api.Write{Key: "k"}))
			require.EqualValues(t, 2, attempts.Load())
		})
	}
}

func TestRetriesAreBounded(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	c := served(t, 1, script(&attempts, "", 503))
	require.Equal(t, 503, api.Status(c.Get(t.Context(), "/v1/x", nil)))
	require.EqualValues(t, 2, attempts.Load())
}

func TestFinalAnswersAreNotRetried(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 422, 428, 500, 501} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int64
			c := served(t, 3, script(&attempts, "1", status))
			require.Equal(t, status, api.Status(c.Get(t.Context(), "/v1/x", nil)))
			require.EqualValues(t, 1, attempts.Load())
		})
	}
}

func TestPostWithoutKeyIsNotRetried(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 502, 503, 504, lostAnswer} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int64
			c := served(t, 3, script(&attempts, "", status, http.StatusNoContent))
			require.Error(t, c.Post(t.Context(), "/v1/x", struct{}{}, nil, api.Write{}))
			require.EqualValues(t, 1, attempts.Load())
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, value string
		attempts    int64
		pause       time.Duration // at least
	}{
		{"seconds", "1", 2, time.Second},
		{"a date that has passed", "Mon, 02 Jan 2006 15:04:05 GMT", 2, 0},
		{"zero", "0", 2, 0},
		{"negative", "-5", 2, 0},
		{"no number", "soon", 2, 0},
		{"longer than anybody waits", "61", 1, 0},
		{"absurd", "99999999999999999999", 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int64
			c := served(t, 1, script(&attempts, tt.value, 429))
			start := time.Now()
			require.Equal(t, 429, api.Status(c.Get(t.Context(), "/v1/x", nil)))
			require.Equal(t, tt.attempts, attempts.Load())
			require.GreaterOrEqual(t, time.Since(start), tt.pause)
		})
	}
}

func TestRefusedConnectionIsRetried(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close()) // nobody listens there now
	c := client(t, api.ClientConfig{Endpoint: "http://" + listener.Addr().String(), MaxRetries: 2})
	start := time.Now()
	err = c.Get(t.Context(), "/v1/x", nil)
	var lost *api.TransportError
	require.ErrorAs(t, err, &lost)
	require.NotContains(t, err.Error(), "earlier attempt", "a connection that was never made did nothing")
	// Half of 0.25 s and half of 0.5 s: the shortest pauses there are.
	require.GreaterOrEqual(t, time.Since(start), 375*time.Millisecond)
}

// A connection that was used before is where net/http repeats by itself.
func TestNothingElseRetries(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	c := served(t, 0, script(&attempts, "", http.StatusNoContent, lostAnswer))
	require.NoError(t, c.Get(t.Context(), "/v1/x", nil))
	var lost *api.TransportError
	require.ErrorAs(t, c.Post(t.Context(), "/v1/x", struct{}{}, nil, api.Write{Key: "k"}), &lost)
	require.EqualValues(t, 2, attempts.Load())
}

// The last answer decides what is said; that an earlier attempt may have taken
// effect is not forgotten.
func TestUnansweredAttempt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		statuses []int
		lost     bool
	}{
		{"refused at once", []int{401}, false},
		{"refused after a lost answer", []int{lostAnswer, 401}, true},
		{"refused after a lost answer and a pause", []int{lostAnswer, 429, 403}, true},
		{"refused after a proxy gave up", []int{504, 401}, true},
		{"refused after a proxy had no gateway", []int{502, 422}, true},
		{"refused after a pause", []int{429, 401}, false},
		{"refused after a drain", []int{503, 401}, false},
		{"success after a lost answer", []int{lostAnswer, 204}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int64
			c := served(t, 3, script(&attempts, "", tt.statuses...))
			err := c.Post(t.Context(), "/v1/x", struct{}{}, nil, api.Write{Key: "k"})
			require.EqualValues(t, len(tt.statuses), attempts.Load())
			last := tt.statuses[len(tt.statuses)-1]
			if last == http.StatusNoContent {
				require.NoError(t, err)
				return
			}
			require.Equal(t, last, api.Status(err))
			var lost *api.TransportError
			if !tt.lost {
				require.NotErrorAs(t, err, &lost)
				return
			}
			require.ErrorAs(t, err, &lost)
			require.Equal(t, "/v1/x", lost.Path)
			require.ErrorContains(t, err, "an earlier attempt went unanswered: POST /v1/x")
		})
	}
}
