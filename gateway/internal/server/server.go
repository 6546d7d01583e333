package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/cluster"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/ingress"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/postgres"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/switchboard"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Options complete a configuration with what tests replace.
type Options struct {
	Version string
	Log     *slog.Logger
	// Public and Admin are listeners to use instead of opening the configured
	// addresses; both or neither.
	Public, Admin net.Listener
	// Engines replace the built-in engines, by engine kind.
	Engines map[string]call.Engine
	// Kinds replace the built-in channel kinds.
	Kinds []admin.Kind
	// Roots verifies the servers that the gateway calls; nil means the system's
	// pool.
	Roots *x509.CertPool
	// Lease is the timing of leases; zero means the standard one.
	Lease cluster.Timing
}

// Server is one gateway process.
type Server struct {
	config    config.Config
	options   Options
	log       *slog.Logger
	node      string
	tokenPath string
	store     *store.Store
	metrics   *telemetry.Metrics
	directory *directory.Directory
	lease     *cluster.Lease // nil with SQLite, which one process has for itself
	watch     *cluster.Watch // nil when changes are only polled for
	registry  *call.Registry
	outside   *outbound.Client
	board     *switchboard.Switchboard
	speaker   *speech.Speaker
	hearing   *speech.Recognizer
	scripts   scriptChecker
	prepare   chan api.Assistant
	tokens    *oauth.Endpoint
	tls       *ingress.Certificate

	publicListener, adminListener net.Listener
	public, admin                 *ingress.Server
	adminAPI                      *admin.Admin

	background context.CancelFunc
	wg         sync.WaitGroup
	closeOnce  sync.Once
}

// New opens everything and listens; requests are served by Run. An error is
// one line for the operator.
func New(ctx context.Context, c config.Config, o Options) (_ *Server, err error) {
	s := &Server{config: c, options: o, log: o.Log, prepare: make(chan api.Assistant, maxPrepare)}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if s.store, err = openStore(ctx, c); err != nil {
		return nil, err
	}
	if s.node, err = nodeID(c); err != nil {
		return nil, err
	}
	s.log = o.Log.With(telemetry.KeyNode, s.node)
	keyring, err := openKeyring(ctx, c, s.store)
	if err != nil {
		return nil, err
	}
	bootstrap, tokenPath, err := bootstrapToken(c)
	if err != nil {
		return nil, err
	}
	s.tokenPath = tokenPath
	s.metrics = telemetry.NewMetrics()
	s.outside = outbound.New(c.OutboundAllow, o.Roots)
	engines := s.engines()
	kinds := o.Kinds
	if kinds == nil {
		kinds = channelall.Kinds()
	}
	byName := map[string]channel.Kind{}
	var plain []channel.Kind
	for _, k := range kinds {
		byName[k.Name()] = k.Kind
		plain = append(plain, k.Kind)
	}
	s.registry = call.NewRegistry(c.MaxCalls)
	s.directory = &directory.Directory{
		Store: s.store, Keyring: keyring, Kinds: byName, EngineProblem: s.engineProblem,
		Changed: s.enqueue, Log: s.log,
	}
	s.metrics.ServesRevision(s.directory.Revision)
	s.board = switchboard.New(&switchboard.Switchboard{
		Store: s.store, Directory: s.directory, Keyring: keyring, Engines: engines, Registry: s.registry,
		Metrics: s.metrics, Kinds: byName, PublicURL: c.PublicURL, NodeID: s.node,
		Notices: s.notices(), Outside: s.outside, Logger: s.log,
	})
	if err := s.directory.Load(ctx); err != nil {
		return nil, err
	}
	if err := s.board.CloseLost(ctx, s.node); err != nil {
		return nil, fmt.Errorf("close the calls of the process before: %w", err)
	}
	if err := s.join(ctx); err != nil {
		return nil, err
	}
	s.tokens = s.tokenEndpoint(keyring)
	s.board.Platforms = s.tokens
	if err := s.tokens.Load(ctx); err != nil {
		return nil, fmt.Errorf("token endpoint: %w", err)
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	health := ingress.Health{Alive: func() any { return map[string]string{"status": "ok"} }, Ready: s.notReady}
	var tlsConfig *tls.Config
	if s.tls != nil {
		tlsConfig = s.tls.Config()
	}
	s.public = ingress.NewServer(ingress.Public(plain, s.board, health, s.tokens), tlsConfig, c.TrustedProxies, s.log)
	health.Alive = s.alive
	s.adminAPI = &admin.Admin{
		Store: s.store, Directory: s.directory, Keyring: keyring, Kinds: kinds, Metrics: s.metrics,
		Bootstrap: bootstrap, Endpoints: s.board.Endpoints(), Gateway: s.describe, Refusals: s.board.Refusals,
		CheckScript: s.scripts.Check, Log: s.log,
	}
	s.admin = ingress.NewServer(s.adminRoutes(health), nil, c.TrustedProxies, s.log)
	return s, nil
}

// openStore makes the data directory and opens the database.
func openStore(ctx context.Context, c config.Config) (*store.Store, error) {
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, config.Error{Setting: "VA_DATA_DIR", Value: c.DataDir, Problem: err.Error(), Fix: "make it writable"}
	}
	if !c.Embedded() {
		s, err := postgres.Open(ctx, c.PostgresURL)
		if err != nil {
			return nil, config.Error{
				Setting: "VA_DATABASE_URL", Problem: "PostgreSQL cannot be used: " + err.Error(),
				Fix: "check host, database, user and password",
			}
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, c.SQLiteFile)
	if err != nil {
		return nil, config.Error{
			Setting: "VA_DATABASE_URL", Value: "sqlite:" + c.SQLiteFile, Problem: err.Error(), Fix: "check the file",
		}
	}
	return s, nil
}

func (s *Server) listen() (err error) {
	s.publicListener, s.adminListener = s.options.Public, s.options.Admin
	if s.publicListener == nil {
		if s.publicListener, err = net.Listen("tcp", s.config.HTTPListen); err != nil {
			return config.Error{
				Setting: "VA_HTTP_LISTEN", Value: s.config.HTTPListen, Problem: err.Error(), Fix: "choose a free address",
			}
		}
		if s.adminListener, err = net.Listen("tcp", s.config.AdminListen); err != nil {
			return config.Error{
				Setting: "VA_ADMIN_LISTEN", Value: s.config.AdminListen, Problem: err.Error(), Fix: "choose a free address",
			}
		}
	}
	if s.config.TLSCert != "" {
		s.tls = &ingress.Certificate{CertFile: s.config.TLSCert, KeyFile: s.config.TLSKey, Log: s.log}
		if err := s.tls.Load(); err != nil {
			return config.Error{
				Setting: "VA_TLS_CERT", Value: s.config.TLSCert, Problem: err.Error(), Fix: "give a matching PEM pair",
			}
		}
	}
	return nil
}

// Run serves until ctx ends, then drains and closes. It returns nil after a
// clean end. hurry ends the drain early.
func (s *Server) Run(ctx, hurry context.Context) error {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.background = cancel
	failed := make(chan error, 2)
	s.wg.Go(func() { s.directory.Run(background) })
	s.wg.Go(func() { s.board.Run(background) })
	if s.lease != nil {
		s.wg.Go(func() { s.lease.Run(background) })
	}
	if s.watch != nil {
		s.wg.Go(func() { s.watch.Run(background) })
	}
	s.wg.Go(func() { s.tokens.Run(background) })
	s.wg.Go(func() { s.prepareLoop(background) })
	s.wg.Go(func() { s.janitor(background) })
	if s.tls != nil {
		s.wg.Go(func() { s.tls.Run(background) })
	}
	s.wg.Go(func() { failed <- s.public.Serve(s.publicListener) })
	s.wg.Go(func() { failed <- s.admin.Serve(s.adminListener) })
	s.log.Info("gateway started", "version", s.options.Version, "public_url", s.config.PublicURL,
		"public", s.publicListener.Addr().String(), "admin", s.adminListener.Addr().String(),
		"admin_token_file", s.tokenPath, "tts", s.speaker.Name(), "stt", s.hearing.Name())
	if !isLoopback(s.adminListener.Addr()) {
		s.log.Warn("admin tokens and credentials cross the network in clear text: the admin listener has no TLS",
			"admin", s.adminListener.Addr().String())
	}
	var err error
	select {
	case <-ctx.Done():
		s.drain(hurry)
	case err = <-failed:
	}
	s.Close()
	return err
}

const (
	// afterCalls is how long a platform may take to ask what comes next after
	// the last call ended.
	afterCalls = 3 * time.Second
	// lastWords bounds the fallback of calls that are still running when the
	// drain timeout is over.
	lastWords = 15 * time.Second
)

// drain refuses new calls and waits for the running ones.
func (s *Server) drain(hurry context.Context) {
	s.registry.Drain()
	if s.lease != nil {
		s.lease.Drain()
	}
	running := s.registry.Len()
	s.log.Info("draining", "calls", running, "timeout", s.config.DrainTimeout.String())
	wait, cancel := context.WithTimeout(hurry, s.config.DrainTimeout)
	defer cancel()
	if s.registry.Wait(wait) != nil {
		s.log.Warn("drain ended early: calls run their fallback", "calls", s.registry.Len())
		s.registry.StopAll(call.ReasonDrainTimeout)
		last, cancel := context.WithTimeout(context.Background(), lastWords)
		defer cancel()
		s.board.EndOffered(last)
		if err := s.registry.Wait(last); err != nil {
			s.log.Error("calls were cut", "calls", s.registry.Len())
		}
	}
	if running > 0 {
		// Not cut short by hurry: the callers who were sent on need the answer.
		<-time.After(afterCalls)
	}
}

// Close stops everything at once and waits. It may be called twice.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		s.registry.Drain()
		s.registry.StopAll(call.ReasonDrainTimeout)
		stop, cancel := context.WithTimeout(context.Background(), lastWords)
		defer cancel()
		s.board.EndOffered(stop)
		s.public.Shutdown(stop) // calls that are running included
		s.admin.Shutdown(stop)
		_ = s.registry.Wait(stop)
		if s.background != nil {
			s.background()
		}
		s.wg.Wait()
		s.board.Close()
		s.leave(stop)
		s.release()
		s.log.Info("gateway stopped")
	})
}

func (s *Server) release() {
	for _, l := range []net.Listener{s.publicListener, s.adminListener} {
		if l != nil {
			_ = l.Close() // already closed after Shutdown
		}
	}
	if s.outside != nil {
		s.outside.Close()
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.log.Error("store not closed", "error", err)
		}
	}
}

const janitorEvery = time.Minute

func (s *Server) janitor(ctx context.Context) {
	tick := time.NewTicker(janitorEvery)
	defer tick.Stop()
	watch := auditWatch{Server: s}
	for {
		watch.report(ctx, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.store.Purge(ctx, time.Now().UTC()); err != nil && ctx.Err() == nil {
			s.log.Warn("expired rows not removed", "error", err)
		}
		s.board.Sweep()
		s.adminAPI.Sweep()
	}
}
