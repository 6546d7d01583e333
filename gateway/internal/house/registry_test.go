package house_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
)

// TestEveryKindIsComplete walks the registry: whoever adds a kind is told what
// is still missing.
func TestEveryKindIsComplete(t *testing.T) {
	t.Parallel()
	kinds := all.Kinds()
	require.NotEmpty(t, kinds)
	for _, k := range kinds {
		t.Run("STY-02 STY-03 "+k.Name(), func(t *testing.T) {
			t.Parallel()
			implementation := reflect.TypeOf(k.Kind)
			if implementation.Kind() == reflect.Pointer {
				implementation = implementation.Elem()
			}
			dir := strings.TrimPrefix(implementation.PkgPath(), module+"/")
			require.Empty(t, missingPieces(tree(), kind{name: k.Name(), dir: dir}))
		})
	}
}
