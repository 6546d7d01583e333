package ingress

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of every listener (the media sockets have their own, see the kinds).
const (
	readHeaderTimeout = 5 * time.Second
	// readTimeout bounds a request with its body: a sender who drips bytes
	// would hold a connection for ever. It ends when a socket is upgraded.
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 60 * time.Second
	maxHeader    = 16 << 10
	maxStreams   = 100 // requests at a time on one HTTP/2 connection
	// afterClose bounds what a handler does after its connection was closed.
	afterClose = 5 * time.Second
)

// Server is an HTTP server with the bounds of this package. It also knows the
// connections that were upgraded, which http.Server forgets: they end with
// their handler, and Shutdown waits for them.
type Server struct {
	http    *http.Server
	log     *slog.Logger
	conns   *connections
	proxies Proxies
}

// NewServer makes a Server; tlsConfig and proxies may be nil. A handler finds
// the source of a request in its RemoteAddr.
func NewServer(h http.Handler, tlsConfig *tls.Config, proxies Proxies, log *slog.Logger) *Server {
	s := &Server{log: log, conns: newConnections(maxPerAddress, maxOpen, proxies), proxies: proxies}
	s.http = &http.Server{
		Handler: s.handler(h), TLSConfig: tlsConfig,
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ConnState: s.conns.state,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ErrorLog: slog.NewLogLogger(limited{log.Handler(), rate.NewLimiter(1, 10)}, slog.LevelWarn),
	}
	return s
}

type connKey struct{}

// Serve accepts connections until Shutdown; then it returns nil.
func (s *Server) Serve(l net.Listener) error {
	err := error(nil)
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(l, "", "")
	} else {
		err = s.http.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown takes no new connections and waits for the requests and upgraded
// connections being served. When the context ends it closes them.
func (s *Server) Shutdown(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // what it says was said by Shutdown
	}
	if s.conns.wait(ctx) {
		return
	}
	s.conns.closeUpgraded()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterClose)
	defer cancel()
	if !s.conns.wait(last) {
		s.log.Error("requests were still served after their connections were closed")
	}
}

// handler lets nothing that a request does outlive or escape its handler.
func (s *Server) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(connKey{}).(net.Conn)
		s.conns.begin()
		defer func() {
			failure := recover()
			s.conns.end(conn)
			switch {
			case failure == nil:
			case failure == http.ErrAbortHandler: //nolint:errorlint // a recovered value, compared as net/http does
				panic(failure)
			default:
				s.log.Error("request failed", "error", failure, "detail", string(debug.Stack()))
				panic(http.ErrAbortHandler) // closes the connection without a second log line
			}
		}()
		next.ServeHTTP(w, s.proxies.believe(r))
	})
}

// limited passes on some lines: strangers cause them, for example by failed
// TLS handshakes.
type limited struct {
	slog.Handler
	rate *rate.Limiter
}

// Handle implements slog.Handler.
func (l limited) Handle(ctx context.Context, r slog.Record) error {
	if !l.rate.Allow() {
		return nil
	}
	line := slog.NewRecord(r.Time, r.Level, "http server", r.PC)
	line.AddAttrs(slog.String("error", strings.TrimSpace(r.Message)))
	return l.Handler.Handle(ctx, line)
}
