package oauth

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/lru"
)

// maxSources bounds what is remembered about sources of requests.
const maxSources = 10_000

// Rates of requests: before authentication by address prefix, after it by
// client, so that nobody uses up the rate of a client whose id is known.
const (
	prefixRate, prefixBurst = 20, 40
	clientRate, clientBurst = 5, 20
)

// limits holds one token bucket for each source. mu guards it.
type limits struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	sources *lru.Map[string, *rate.Limiter]
}

func newLimits(perSecond rate.Limit, burst int) *limits {
	return &limits{rate: perSecond, burst: burst, sources: lru.New[string, *rate.Limiter](maxSources)}
}

// allow takes one request of a source; wait is when to try again otherwise.
func (l *limits) allow(source string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.sources.Get(source, func() *rate.Limiter { return rate.NewLimiter(l.rate, l.burst) })
	if limiter.Allow() {
		return 0, true
	}
	return time.Duration(float64(time.Second) / float64(l.rate)), false
}

// Delays after failed secrets. A client is never locked: whoever knows its id
// could lock it out.
const (
	freeFailures = 5
	firstDelay   = time.Second
	maxDelay     = time.Minute
)

// backoff slows down guessing, for each client and address prefix. mu guards
// it, and is held while a secret is checked: requests at the same time cannot
// all go before the first failure counts.
type backoff struct {
	mu      sync.Mutex
	sources *lru.Map[string, *failures]
}

type failures struct {
	count int
	until time.Time // when the next attempt is looked at
}

func newBackoff() *backoff { return &backoff{sources: lru.New[string, *failures](maxSources)} }

// attempt checks a secret, or says how long to wait before one is checked.
func (b *backoff) attempt(clientID, prefix string, check func() bool) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	source := prefix + " " + clientID // a prefix has no space
	f := b.sources.Get(source, func() *failures { return &failures{} })
	now := time.Now()
	if wait = f.until.Sub(now); wait > 0 {
		return wait, false
	}
	if check() {
		b.sources.Remove(source)
		return 0, true
	}
	if f.count++; f.count >= freeFailures {
		f.until = now.Add(delay(f.count))
	}
	return 0, false
}

// delay after so many failures: 1 s after the fifth, then doubled, 60 s at most.
func delay(failed int) time.Duration {
	return min(firstDelay<<min(failed-freeFailures, 6), maxDelay)
}

// retryAfter is the header's value: whole seconds, at least one.
func retryAfter(wait time.Duration) int { return max(1, int(math.Ceil(wait.Seconds()))) }
