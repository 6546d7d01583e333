package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/migrations"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStoreLIB04STY03(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, filepath.Join(t.TempDir(), "va.db")) })
}

func TestOpenAgainKeepsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "va.db")
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), false, func(*store.Tx) error { return nil }))
	require.NoError(t, s.Close())

	n, err := open(t, path).Revision(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

// Two commands on one host, for example serve and token create, share the file.
func TestTwoOpenersShareTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "va.db")
	a, b := open(t, path), open(t, path)
	for _, s := range []*store.Store{a, b, a} {
		require.NoError(t, s.Write(t.Context(), false, func(*store.Tx) error { return nil }))
	}
	n, err := b.Revision(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
}

func TestFileIsPrivateAndAnyPathWorks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b%20?mode=ro#ü")
	require.NoError(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "va.db")
	s := open(t, path)
	require.NoError(t, s.Write(t.Context(), false, func(*store.Tx) error { return nil }))
	names, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	require.Contains(t, names, path)
	for _, name := range names {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := sqlite.Open(t.Context(), filepath.Join(dir, "missing", "va.db"))
	require.ErrorIs(t, err, os.ErrNotExist)

	garbage := filepath.Join(dir, "garbage.db")
	require.NoError(t, os.WriteFile(garbage, []byte("this is no database, whatever it is"), 0o600))
	_, err = sqlite.Open(t.Context(), garbage)
	require.ErrorContains(t, err, "garbage.db")
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "va.db")
	s, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	exec(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)

	_, err = sqlite.Open(t.Context(), path)
	require.ErrorIs(t, err, migrations.ErrNewer)
}

// What somebody does to the audit log past the gateway shows.
func TestVerifyAuditFindsTampering(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, statement string
		seq             int64
		problem         string
	}{
		{"changed", `UPDATE audit SET actor = 'nobody' WHERE seq = 2`, 2, "does not match its hash"},
		{"time respelt", `UPDATE audit SET at = replace(at, 'Z', '+00:00') WHERE seq = 2`, 2, "does not match its hash"},
		{"removed", `DELETE FROM audit WHERE seq = 2`, 2, "is missing"},
		{"tail cut", `DELETE FROM audit WHERE seq = 3`, 3, "is missing"},
		{"tail and head cut", `DELETE FROM audit WHERE seq = 3; UPDATE audit_head SET seq = 2`, 2, "is not the recorded end"},
		{"renumbered", `UPDATE audit SET seq = 4 WHERE seq = 3; UPDATE audit_head SET seq = 4`, 3, "is missing"},
		{
			"replaced", `UPDATE audit SET prev_hash = hash WHERE seq = 3`, 3, "does not follow",
		},
		{"head forged", `UPDATE audit_head SET hash = '00'`, 3, "is not the recorded end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "va.db")
			s := open(t, path)
			for range 3 {
				require.NoError(t, s.AppendAudit(t.Context(), store.Audit{Actor: "vaa_ab12cd34", Action: "channel.create"}))
			}
			_, err := s.VerifyAudit(t.Context())
			require.NoError(t, err)

			exec(t, path, tc.statement)
			_, err = s.VerifyAudit(t.Context())
			var failure *store.AuditError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, tc.seq, failure.Seq)
			require.ErrorContains(t, err, tc.problem)
		})
	}
}

func exec(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.WithoutCancel(t.Context()), statement)
	require.NoError(t, err)
}
