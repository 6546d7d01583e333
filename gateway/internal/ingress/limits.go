package ingress

import (
	"bufio"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/lru"
)

// Requests of one source, an IPv4 address or IPv6 /64 network, before anything
// of them is authenticated.
const (
	publicPerSecond, publicBurst = 20, 100 // refused ones only
	adminPerSecond, adminBurst   = 20, 100 // all
	// maxSources bounds the memory; the source that was quiet longest is
	// forgotten first, which gives it a full allowance again.
	maxSources = 10_000
	// retryAfter is when the next request may succeed, in seconds. At these
	// rates it is the shortest time the header can say.
	retryAfter = "1"
)

// Limit bounds the requests of each source. The gateway's own host is not
// limited: behind a proxy there that VA_TRUSTED_PROXIES leaves out, all callers
// would be one source, and any of them could lock out the rest. mu guards the
// map.
type Limit struct {
	perSecond rate.Limit
	burst     int

	mu      sync.Mutex
	sources *lru.Map[netip.Prefix, *rate.Limiter]
}

// NewPublicLimit is the limit of channel endpoints, for use with Refused.
func NewPublicLimit() *Limit { return newLimit(publicPerSecond, publicBurst, maxSources) }

// NewAdminLimit is the limit of the admin API, for use with All.
func NewAdminLimit() *Limit { return newLimit(adminPerSecond, adminBurst, maxSources) }

func newLimit(perSecond rate.Limit, burst, most int) *Limit {
	return &Limit{perSecond: perSecond, burst: burst, sources: lru.New[netip.Prefix, *rate.Limiter](most)}
}

// All counts every request; deny answers those above the limit.
func (l *Limit) All(next, deny http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		source := address(r.RemoteAddr)
		if l.spent(source) {
			tooMany(w, r, deny)
			return
		}
		l.count(source)
		next.ServeHTTP(w, r)
	})
}

// Refused counts the requests that next answers with a status from 400 to 499.
// One whose signature is good costs its source nothing, so a platform may send
// any number; a source that was refused too often is answered by deny before
// anything of it is verified. Requests that are being served at that moment go
// on.
func (l *Limit) Refused(next, deny http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		source := address(r.RemoteAddr)
		if l.spent(source) {
			tooMany(w, r, deny)
			return
		}
		seen := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		if seen.status >= 400 && seen.status < 500 {
			l.count(source)
		}
	})
}

func tooMany(w http.ResponseWriter, r *http.Request, deny http.Handler) {
	w.Header().Set("Retry-After", retryAfter)
	deny.ServeHTTP(w, r)
}

// spent reports whether a source has nothing left of its allowance.
func (l *Limit) spent(a netip.Addr) bool {
	return !a.IsLoopback() && l.allowance(a).TokensAt(time.Now()) < 1
}

// count takes one request from the allowance of a source.
func (l *Limit) count(a netip.Addr) {
	if !a.IsLoopback() {
		l.allowance(a).Allow()
	}
}

func (l *Limit) allowance(a netip.Addr) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sources.Get(network(a), func() *rate.Limiter { return rate.NewLimiter(l.perSecond, l.burst) })
}

// statusWriter remembers the status of an answer. It stays zero for a
// connection that was taken over.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Hijack implements http.Hijacker, which libraries for WebSockets ask for by
// type.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap serves http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
