package pgtest_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Runner{M: m}.Run()) }

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), pgtest.DSN(t))
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "CREATE TABLE only_here (n int)")
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
	}
}
