package house_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every direct dependency has its reason in the decision record.
func TestEveryDependencyHasItsReason(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	page := filepath.Join("templates", "guides", "decisions", "0002-dependencies.md")
	record, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	direct := 0
	for line := range strings.Lines(string(mod)) {
		module, _, ok := strings.Cut(strings.TrimSpace(line), " v")
		if !ok || strings.HasPrefix(module, "//") || strings.Contains(line, "// indirect") {
			continue
		}
		direct++
		name := strings.TrimPrefix(module, "github.com/")
		if after, ok := strings.CutPrefix(name, "hashicorp/terraform-plugin-framework-"); ok {
			name = "-" + after // listed beside the framework
		}
		name = strings.TrimPrefix(name, "hashicorp/")
		name = strings.TrimPrefix(name, "stretchr/")
		require.Contains(t, string(record), name, "%s: why %s?", page, module)
	}
	require.Greater(t, direct, 10)
}
