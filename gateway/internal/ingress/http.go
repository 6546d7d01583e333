package ingress

import (
	"net/http"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Bounds of every listener (the media sockets have their own, see the kinds).
const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeader         = 16 << 10
)

// Health answers /healthz and /readyz.
type Health struct {
	// Alive is the body of /healthz.
	Alive func() any
	// Ready says why no calls are accepted, "" when they are.
	Ready func() string
}

// Public is the router of the public listener: channel kinds and health,
// nothing else.
func Public(kinds []channel.Kind, g channel.Gateway, health Health) http.Handler {
	mux := http.NewServeMux()
	health.Register(mux)
	for _, k := range kinds {
		if acceptor, ok := k.(channel.HTTPAcceptor); ok {
			mux.Handle("/c/"+k.Name()+"/", acceptor.Handler(g))
		}
	}
	return canonical(mux)
}

// canonical refuses paths that ServeMux would answer with a redirect: a
// platform signs the URL it calls and does not follow one.
func canonical(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "//") || strings.Contains(r.URL.Path, "/./") ||
			strings.Contains(r.URL.Path, "/../") {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// NewServer gives an HTTP server with the bounds of this package.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
}
