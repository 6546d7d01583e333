package postgres_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/migrations"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/postgres"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Runner{M: m}) }

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStoreLIB04STY03(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, pgtest.DSN(t)) })
}

// Nodes that start at the same time on an empty database migrate it once.
func TestNodesStartTogether(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	const nodes = 4
	stores, errs := make([]*store.Store, nodes), make([]error, nodes)
	var wg sync.WaitGroup
	for n := range nodes {
		wg.Go(func() { stores[n], errs[n] = postgres.Open(t.Context(), dsn) })
	}
	wg.Wait()
	for n, s := range stores {
		require.NoError(t, errs[n])
		require.NoError(t, s.Write(t.Context(), false, func(*store.Tx) error { return nil }))
	}
	revision, err := stores[0].Revision(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, nodes, revision)
	for _, s := range stores {
		require.NoError(t, s.Close())
	}
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	open(t, dsn)
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	_, err = postgres.Open(t.Context(), dsn)
	require.ErrorIs(t, err, migrations.ErrNewer)
}

// A refusal names what is wrong, and never the password.
func TestOpenRefusesWithoutThePassword(t *testing.T) {
	t.Parallel()
	const planted = "hunter2-hunter2"
	for _, tc := range []struct{ name, url string }{
		{"broken escape", "postgres://va:" + planted + "%zz@127.0.0.1:1/va"},
		{"broken port", "postgres://va:" + planted + "@127.0.0.1:port/va"},
		{"unknown mode", "postgres://va:" + planted + "@127.0.0.1:1/va?sslmode=maybe"},
		{"no URL", "host=127.0.0.1 port=x password='" + planted + "'"},
		{"nobody listens", "postgres://va:" + planted + "@127.0.0.1:1/va"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Open(t.Context(), tc.url)
			require.Error(t, err)
			require.NotContains(t, err.Error(), planted)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestUnreachableServerIsNamedOnce(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "postgres://va@127.0.0.1:1/va?sslmode=prefer")
	require.ErrorContains(t, err, "connection refused")
	require.Equal(t, 1, strings.Count(err.Error(), "dial error"))
	var failure *pgconn.ConnectError
	require.ErrorAs(t, err, &failure)
}

func TestUnknownDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.DSN(t))
	require.NoError(t, err)
	u.Path = "/no_such_database"
	_, err = postgres.Open(t.Context(), u.String())
	require.ErrorContains(t, err, "no_such_database")
}
