package pgtest

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// socketName is that of a server on the standard port, which is never opened
// (PostgreSQL documentation, unix_socket_directories).
const socketName = ".s.PGSQL.5432"

// Link is a way to a database that can be cut: for its user the database is
// gone, and for everybody else the user is.
type Link struct {
	// URL leads to the database through the link.
	URL string

	target   string
	listener net.Listener
	serving  sync.WaitGroup

	mu    sync.Mutex // guards the rest
	conns []net.Conn
	cut   bool
}

// NewLink opens a way to the database at a URL of DSN or Own; it ends with the
// test. With VA_TEST_DATABASE_URL the test skips: the link is a local socket.
func NewLink(t testing.TB, dsn string) *Link {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	host := u.Query().Get("host")
	if host == "" {
		t.Skip("the database is not reached by a local socket")
	}
	dir, err := os.MkdirTemp("", "va-pg-link-") //nolint:usetesting // the path of t.TempDir may be too long for a socket
	require.NoError(t, err)
	l := &Link{target: filepath.Join(host, socketName)}
	l.listener, err = net.Listen("unix", filepath.Join(dir, socketName))
	require.NoError(t, err)
	l.serving.Go(l.serve)
	t.Cleanup(func() {
		l.Cut()
		l.serving.Wait()
		require.NoError(t, os.RemoveAll(dir))
	})
	u.RawQuery = url.Values{"host": {dir}}.Encode()
	l.URL = u.String()
	return l
}

// Cut closes every connection and takes no more.
func (l *Link) Cut() {
	_ = l.listener.Close() // twice is once
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for _, c := range l.conns {
		_ = c.Close()
	}
}

func (l *Link) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", l.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.mu.Lock()
		l.conns = append(l.conns, near, far)
		if l.cut {
			_, _ = near.Close(), far.Close()
		}
		l.mu.Unlock()
		l.serving.Go(func() { pipe(near, far) })
		l.serving.Go(func() { pipe(far, near) })
	}
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // one end is enough to end both
	_, _ = to.Close(), from.Close()
}
