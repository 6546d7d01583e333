package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// databaseURL names a server to use instead of a throw-away one. Its user must
// be allowed to create databases.
const databaseURL = "VA_TEST_DATABASE_URL"

// shared is the server of this test binary. Its mutex guards the rest.
var shared struct {
	sync.Mutex
	running bool // inside of Runner.Run
	server  *server
	url     string
	err     error // why there is none
}

// Runner runs the tests of M and stops the server after them. It can be handed
// to goleak.VerifyTestMain.
type Runner struct{ M *testing.M }

// Run gives the exit code of the tests.
func (r Runner) Run() int {
	shared.Lock()
	shared.running = true
	shared.Unlock()
	code := r.M.Run()
	shared.Lock()
	defer shared.Unlock()
	shared.running = false
	if shared.server != nil {
		if err := shared.server.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
			return max(code, 1)
		}
	}
	return code
}

// DSN makes an empty database and gives its URL. The database is dropped when
// the test ends, whoever is still connected.
func DSN(t testing.TB) string {
	t.Helper()
	base, err := serverURL()
	need(t, err)

	// Databases of test binaries that share one server must not collide.
	name := "va_" + strings.ToLower(rand.Text())
	admin(t.Context(), t, base, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		admin(context.WithoutCancel(t.Context()), t, base, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	u, err := url.Parse(base)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// need skips a test on a machine without PostgreSQL, and fails it in CI.
func need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNoServer) && os.Getenv("CI") != "true" {
		t.Skipf("%v", err)
	}
	require.NoError(t, err)
}

func admin(ctx context.Context, t testing.TB, base, statement string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, base)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

func serverURL() (string, error) {
	if u := os.Getenv(databaseURL); u != "" {
		return u, nil
	}
	shared.Lock()
	defer shared.Unlock()
	if !shared.running {
		return "", errors.New("TestMain must run the tests with pgtest.Runner")
	}
	if shared.url == "" && shared.err == nil {
		shared.server, shared.url, shared.err = start(fast...)
	}
	return shared.url, shared.err
}

// Load runs a script of SQL statements, such as a dump, in a database.
func Load(t testing.TB, dsn, script string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	_, err = conn.PgConn().Exec(t.Context(), script).ReadAll()
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}
