package ingress

import (
	"net/http"
	"path"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Health answers /healthz and /readyz.
type Health struct {
	// Alive is the body of /healthz.
	Alive func() any
	// Ready says why no calls are accepted, "" when they are.
	Ready func() string
}

// Routes is a part of the public router beside the channel kinds.
type Routes interface {
	Register(mux *http.ServeMux)
}

// Public is the router of the public listener: channel kinds, health and other
// parts, nothing else. A source whose requests to the kinds were refused too often is
// answered 429 for a while.
func Public(kinds []channel.Kind, g channel.Gateway, health Health, others ...Routes) http.Handler {
	mux := http.NewServeMux()
	health.Register(mux)
	for _, o := range others {
		o.Register(mux)
	}
	limit := NewPublicLimit()
	limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.Refuse(r.Context(), "", channel.Refusal{
			Step: "limit", Reason: "too_many_refused", Remote: address(r.RemoteAddr).String(),
			Detail: "this source was refused too often",
		})
		w.WriteHeader(http.StatusTooManyRequests)
	})
	raw := map[string]http.Handler{}
	for _, k := range kinds {
		acceptor, ok := k.(channel.HTTPAcceptor)
		if !ok {
			continue
		}
		prefix, h := "/c/"+k.Name()+"/", limit.Refused(acceptor.Handler(g), limited)
		mux.Handle(prefix, h)
		if _, ok := k.(channel.RawAcceptor); ok {
			raw[prefix] = h
		}
	}
	return unclean(raw, canonical(mux))
}

// unclean passes what begins with a prefix of raw past ServeMux, which answers
// // with a redirect; the rest is for next.
func unclean(raw map[string]http.Handler, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for prefix, h := range raw {
			if strings.HasPrefix(r.RequestURI, prefix) {
				h.ServeHTTP(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// canonical refuses paths that ServeMux would answer with a redirect: a
// platform signs the URL it calls and does not follow one.
func canonical(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if !strings.HasPrefix(p, "/") || path.Clean(p) != strings.TrimSuffix(p, "/") && p != "/" {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
