package sqlitetest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
)

// Open makes an empty store in a file of the test and closes it with the test,
// which may close it earlier.
func Open(t testing.TB) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "va.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // it may be closed already
	return s
}
