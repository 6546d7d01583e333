package oauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// attempt makes one request from a network and gives status and Retry-After.
func attempt(t testing.TB, h http.Handler, network, id, secret string) (status, wait int) {
	t.Helper()
	form := grant("client_id", id, "client_secret", secret)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = network + ":1000"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wait, _ = strconv.Atoi(w.Header().Get("Retry-After")) // 0 without the header
	return w.Code, wait
}

// After five failures the delay doubles from 1 s to 60 s, for this client and
// network only; what comes earlier is not looked at; a success ends it.
func TestBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, keyring := openStore(t)
		n, h := newNode(t, s, keyring)
		const network, other = "192.0.2.1", "192.0.2.2"
		fail := func() (int, int) { return attempt(t, h, network, clientID, "wrong") }
		for range 5 {
			status, _ := fail()
			require.Equal(t, 401, status)
		}
		for _, delay := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			status, wait := attempt(t, h, network, clientID, n.secret)
			require.Equal(t, 429, status, "even the right secret waits")
			require.Equal(t, delay, wait)
			before := *n.indexed
			pass(time.Duration(delay)*time.Second - time.Millisecond)
			status, wait = fail()
			require.Equal(t, 429, status)
			require.Equal(t, 1, wait)
			require.Equal(t, before, *n.indexed, "the secret was not looked at")
			pass(time.Millisecond)
			status, _ = fail()
			require.Equal(t, 401, status)
		}
		status, _ := attempt(t, h, other, clientID, n.secret)
		require.Equal(t, 200, status, "nobody is locked out from elsewhere")
		status, _ = attempt(t, h, network, "client-2", "wrong")
		require.Equal(t, 401, status, "another client is looked at")

		pass(time.Minute)
		status, _ = attempt(t, h, network, clientID, n.secret)
		require.Equal(t, 200, status)
		for range 5 {
			status, _ = fail()
			require.Equal(t, 401, status, "the success began anew")
		}
		require.NoError(t, s.Close())
	})
}

func TestRates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, keyring := openStore(t)
		n, h := newNode(t, s, keyring)
		count := func(requests int, network func(int) string, secret string) map[int]int {
			statuses := map[int]int{}
			for i := range requests {
				status, _ := attempt(t, h, network(i), clientID, secret)
				statuses[status]++
			}
			return statuses
		}
		many := func(i int) string { return fmt.Sprintf("192.0.2.%d", i) }
		require.Equal(t, map[int]int{200: 20, 429: 30}, count(50, many, n.secret), "of one client")
		pass(time.Second)
		require.Equal(t, map[int]int{200: 5, 429: 5}, count(10, many, n.secret))

		one := func(int) string { return "198.51.100.1" }
		require.Equal(t, map[int]int{401: 5, 429: 95}, count(100, one, "wrong"), "of one network")
		require.Equal(t, 35, n.counted(t, "va_token_requests_total", "back_off"))
		status, wait := attempt(t, h, one(0), clientID, "wrong")
		require.Equal(t, 429, status)
		require.Equal(t, 1, wait)

		// Failures of others do not use up the client's rate.
		pass(time.Minute)
		count(100, many, "wrong")
		status, _ = attempt(t, h, "203.0.113.1", clientID, n.secret)
		require.Equal(t, 200, status)

		// A /64 of IPv6 is one source.
		v6 := func(i int) string { return fmt.Sprintf("[2001:db8::%x]", i+1) }
		require.Equal(t, 5, count(100, v6, "wrong")[401])
		require.NoError(t, s.Close())
	})
}

// Threat 4: of a thousand guesses at once few reach the verifier, and the owner
// gets in from another address meanwhile.
func TestThreat04Guessing(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	attacker, owner := from(t, "127.0.0.1"), from(t, "127.0.0.2")
	var refused, limited atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 125 {
				r := n.request(t, "/oauth2/token", grant())
				r.SetBasicAuth(clientID, "guess")
				res, err := attacker.Do(r)
				if err != nil {
					continue
				}
				_ = res.Body.Close()
				switch res.StatusCode {
				case http.StatusUnauthorized:
					refused.Add(1)
				case http.StatusTooManyRequests:
					limited.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, int64(1000), refused.Load()+limited.Load())
	require.LessOrEqual(t, refused.Load(), int64(9), "five, and one more after each delay")
	require.Len(t, *n.refused, int(refused.Load()))

	r := n.request(t, "/oauth2/token", grant())
	r.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(n.secret))
	require.Equal(t, http.StatusOK, do(t, owner, r).status)
}
