package gatewaytest

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/cluster"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry/logtest"
)

// Token is the bootstrap admin token of every test gateway.
const Token = "test-admin-token-0123456789-0123456789" //nolint:gosec // not a secret outside the test

// HTTP makes the raw requests of tests.
var HTTP = &http.Client{Timeout: 30 * time.Second}

// Gateway is a running gateway.
type Gateway struct {
	PublicURL string
	Address   string // host and port of the public listener
	AdminURL  string
	Token     string
	Client    *api.Client
	// Log gives everything logged so far.
	Log func() string

	stop func()
}

// Option changes how a gateway is started.
type Option func(*start)

type start struct {
	settings config.Settings
	engines  map[string]call.Engine
	level    slog.Level
	lease    cluster.Timing
	kinds    []admin.Kind
	roots    *x509.CertPool
}

// WithPostgres stores everything in PostgreSQL.
func WithPostgres(url string) Option {
	return func(s *start) { s.settings.DatabaseURL = url }
}

// WithoutListen leaves the poll as the only way to hear of changes made through
// other gateways.
func WithoutListen() Option {
	return func(s *start) { s.settings.DatabaseListen = "off" }
}

// WithLease sets how soon a dead gateway is missed by the others of its
// database.
func WithLease(heartbeat, expiry time.Duration) Option {
	return func(s *start) { s.lease = cluster.Timing{Heartbeat: heartbeat, Expiry: expiry} }
}

// WithPublicURL sets VA_PUBLIC_URL, for gateways behind a load balancer. The
// gateway itself is at Address.
func WithPublicURL(url string) Option {
	return func(s *start) { s.settings.PublicURL = url }
}

// WithDataDir keeps the data in a directory of the caller, to start again on
// it.
func WithDataDir(dir string) Option {
	return func(s *start) { s.settings.DataDir = dir }
}

// WithKeyFile names the key file, for gateways that share a database; it is made
// if it is missing.
func WithKeyFile(path string) Option {
	return func(s *start) { s.settings.KEKFile = path }
}

// WithGeneratedToken lets the gateway make its own admin token on first start.
func WithGeneratedToken() Option {
	return func(s *start) { s.settings.AdminToken = "" }
}

// WithMaxCalls sets VA_MAX_CALLS.
func WithMaxCalls(n string) Option {
	return func(s *start) { s.settings.MaxCalls = n }
}

// WithDrainTimeout sets VA_DRAIN_TIMEOUT.
func WithDrainTimeout(d string) Option {
	return func(s *start) { s.settings.DrainTimeout = d }
}

// WithEngine answers the calls of assistants of an engine kind with another
// engine.
func WithEngine(kind string, e call.Engine) Option {
	return func(s *start) { s.engines[kind] = e }
}

// WithTrustedProxies sets VA_TRUSTED_PROXIES. With 127.0.0.0/8 a test may say
// where its requests come from.
func WithTrustedProxies(networks string) Option {
	return func(s *start) { s.settings.TrustedProxies = networks }
}

// WithKinds serves these channel kinds instead of the built-in ones.
func WithKinds(kinds ...admin.Kind) Option {
	return func(s *start) { s.kinds = kinds }
}

// WithOutbound sets VA_OUTBOUND_ALLOW_CIDRS and who vouches for the servers that
// the gateway calls.
func WithOutbound(cidrs string, roots *x509.CertPool) Option {
	return func(s *start) { s.settings.OutboundAllowCIDRs, s.roots = cidrs, roots }
}

// WithLogLevel sets how much Log holds; the default is debug.
func WithLogLevel(l slog.Level) Option {
	return func(s *start) { s.level = l }
}

// Start runs a gateway until the test ends.
func Start(t testing.TB, options ...Option) *Gateway {
	t.Helper()
	s := &start{engines: map[string]call.Engine{}, level: slog.LevelDebug}
	s.settings.DataDir = t.TempDir()
	s.settings.AdminToken = Token
	s.settings.DrainTimeout = "1s"
	for _, o := range options {
		o(s)
	}
	public, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if s.settings.PublicURL == "" {
		s.settings.PublicURL = "http://" + public.Addr().String()
	}
	if s.settings.KEKFile == "" {
		s.settings.KEKFile = filepath.Join(s.settings.DataDir, "kek")
	}
	require.NoError(t, os.MkdirAll(s.settings.DataDir, 0o700))
	c, err := s.settings.Check()
	require.NoError(t, err)
	prepareKey(t, c)

	log := &logtest.Buffer{}
	g, err := server.New(t.Context(), c, server.Options{
		Version: "test", Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: s.level})),
		Public: public, Admin: admin, Engines: s.engines, Lease: s.lease, Kinds: s.kinds, Roots: s.roots,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx, context.WithoutCancel(ctx)) }()
	running := &Gateway{
		PublicURL: s.settings.PublicURL, Address: public.Addr().String(), AdminURL: "http://" + admin.Addr().String(),
		Token: Token, Log: log.String,
	}
	var once sync.Once
	running.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("gateway stopped with %v", err)
			}
		})
	}
	t.Cleanup(running.stop)
	if c.AdminToken.IsZero() {
		made, err := os.ReadFile(filepath.Join(c.DataDir, "admin-token"))
		require.NoError(t, err)
		running.Token = strings.TrimSpace(string(made))
	}
	running.Client, err = api.NewClient(api.ClientConfig{Endpoint: running.AdminURL, Token: running.Token})
	require.NoError(t, err)
	t.Cleanup(running.Client.CloseIdle)
	return running
}

// Stop drains and stops the gateway before the test ends.
func (g *Gateway) Stop() { g.stop() }

// Ready asks /readyz of the public listener.
func (g *Gateway) Ready(t testing.TB) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.Address+"/readyz", nil)
	require.NoError(t, err)
	res, err := HTTP.Do(req)
	if err != nil {
		return false
	}
	require.NoError(t, res.Body.Close())
	return res.StatusCode == http.StatusOK
}
