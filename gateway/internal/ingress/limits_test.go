package ingress

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var busy = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })

// from asks a handler as a client at an address and gives the answer.
func from(h http.Handler, remote, path string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = remote
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// answering answers /404 with 404, and so on, and counts.
func answering(n *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*n++
		if status, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
			w.WriteHeader(status)
		}
	})
}

func TestRefusedRequestsAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		served := 0
		h := newLimit(20, 100, 10).Refused(answering(&served), busy)
		for range 1000 {
			from(h, "192.0.2.1:1", "/403")
		}
		require.Equal(t, 100, served, "guesses that reached the verifier")
		res := from(h, "192.0.2.1:2", "/200")
		require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
		require.Equal(t, "1", res.Header.Get("Retry-After"))
		require.Equal(t, http.StatusOK, from(h, "192.0.2.2:1", "/200").StatusCode, "another source")

		<-time.After(time.Second)
		served = 0
		for range 1000 {
			from(h, "192.0.2.1:1", "/403")
		}
		require.Equal(t, 20, served)
	})
}

func TestGoodRequestsCostNothing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/200", "/nothing-written", "/101", "/500", "/503"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			served := 0
			h := newLimit(1, 1, 10).Refused(answering(&served), busy)
			for range 50 {
				from(h, "192.0.2.1:1", path)
			}
			require.Equal(t, 50, served)
		})
	}
}

func TestEveryRequestIsLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		served := 0
		h := newLimit(20, 30, 10).All(answering(&served), busy)
		for range 100 {
			from(h, "[2001:db8::1]:1", "/200")
		}
		require.Equal(t, 30, served)
		require.Equal(t, http.StatusTooManyRequests, from(h, "[2001:db8::ffff]:1", "/200").StatusCode, "the same /64")
		require.Equal(t, http.StatusOK, from(h, "[2001:db8:0:1::1]:1", "/200").StatusCode)
		for range 1000 {
			require.Equal(t, http.StatusOK, from(h, "127.0.0.1:1", "/200").StatusCode, "the host itself is not limited")
		}
	})
}

// Many sources cost a bounded memory, and who is active stays known.
func TestSourcesAreBounded(t *testing.T) {
	t.Parallel()
	l := newLimit(0.001, 1, 3)
	for i := range 1000 {
		l.count(address("192.0.2.1")) // stays in use
		l.count(address("2001:db8:" + strconv.FormatInt(int64(i), 16) + "::1"))
		require.True(t, l.spent(address("192.0.2.1")))
	}
	require.Equal(t, 3, l.sources.Len())
}

func BenchmarkLimitOfManySources(b *testing.B) {
	l := NewPublicLimit()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a := address("198.51." + strconv.Itoa(i>>8&255) + "." + strconv.Itoa(i&255))
		if !l.spent(a) {
			l.count(a)
		}
	}
}
