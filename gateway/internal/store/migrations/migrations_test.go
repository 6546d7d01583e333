package migrations_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var dialect = map[*regexp.Regexp]string{
	regexp.MustCompile(`\bjsonb?\b`):      "text",
	regexp.MustCompile(`\btimestamptz\b`): "timestamp",
}

// One query set serves both engines because their schemas differ in two words
// only.
func TestSchemasDifferInTwoWords(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob(filepath.Join("postgres", "*.sql"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	others, err := filepath.Glob(filepath.Join("sqlite", "*.sql"))
	require.NoError(t, err)
	require.Len(t, others, len(names))

	for _, name := range names {
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		for word, replacement := range dialect {
			want = word.ReplaceAll(want, []byte(replacement))
		}
		got, err := os.ReadFile(filepath.Join("sqlite", filepath.Base(name)))
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(string(want), string(got)), name)
	}
}
