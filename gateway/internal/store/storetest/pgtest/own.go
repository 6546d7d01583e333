package pgtest

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Server is a PostgreSQL server of one test, which may stop it.
type Server struct {
	// URL is an empty database, the same after every start.
	URL string

	server *server
}

// Own starts a server that ends with the test. What was committed survives Stop.
// A server that VA_TEST_DATABASE_URL names cannot be stopped, so this one is
// always made of Debian's binaries.
func Own(t testing.TB) *Server {
	t.Helper()
	s, url, err := start()
	need(t, err)
	t.Cleanup(func() { require.NoError(t, s.stop()) })
	return &Server{URL: url, server: s}
}

// Stop cuts every connection at once, as a fault would, and returns when nobody
// can connect.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.order(t, "stop")
	require.Eventually(t, func() bool { return !s.up(t) }, stopTimeout, 20*time.Millisecond)
}

// Start starts the server again and returns when it takes connections.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.order(t, "start")
	require.Eventually(t, func() bool { return s.up(t) }, startTimeout, 50*time.Millisecond)
}

func (s *Server) order(t testing.TB, order string) {
	t.Helper()
	_, err := io.WriteString(s.server.orders, order+"\n")
	require.NoError(t, err)
}

func (s *Server) up(t testing.TB) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return false
	}
	_ = conn.Close(ctx) // it may have been cut meanwhile
	return true
}
