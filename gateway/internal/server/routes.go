package server

import (
	"maps"
	"net"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/ingress"
)

// adminRoutes is the router of the admin listener: /v1, metrics and health.
func (s *Server) adminRoutes(health ingress.Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/v1/", ingress.NewAdminLimit().All(s.adminAPI.Handler(), http.HandlerFunc(admin.TooMany)))
	health.Register(mux)
	metrics := promhttp.HandlerFor(s.metrics.Registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
	open := isLoopback(s.adminListener.Addr())
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if !open && !s.adminAPI.Authorized(r, api.ScopeAdmin) {
			http.Error(w, "the scope admin is needed", http.StatusUnauthorized)
			return
		}
		metrics.ServeHTTP(w, r)
	})
	return mux
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// notReady says why no calls are accepted.
func (s *Server) notReady() string {
	switch {
	case s.registry.Draining():
		return "draining"
	case !s.directory.Loaded():
		return "the configuration was not read yet"
	}
	return ""
}

func (s *Server) alive() any {
	return map[string]string{"status": "ok", "tts": s.speaker.Name(), "stt": s.hearing.Name()}
}

func (s *Server) describe() api.Gateway {
	g := api.Gateway{
		Version: s.options.Version, NodeID: s.node, PublicURL: s.config.PublicURL,
		Speech: api.Speech{TTS: s.speaker.Name(), STT: s.hearing.Name()},
		Calls:  api.CallCount{Active: s.registry.Len(), Max: s.config.MaxCalls},
	}
	g.Kinds = slices.Sorted(maps.Keys(s.board.Kinds))
	return g
}
