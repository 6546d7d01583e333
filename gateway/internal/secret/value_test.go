package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Threat 17: no way of printing shows a secret, not even inside a struct whose
// fields fmt reads without asking them.
func TestThreat17ValueIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const planted = "hunter2-hunter2"
	v := secret.New(planted)
	hidden := struct {
		v secret.Value
		p *secret.Value
		s []secret.Value
	}{v, &v, []secret.Value{v}}
	exported := struct{ V secret.Value }{v}

	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("x", "reason", v, "kind", hidden, "error", exported)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, v, hidden, exported)
	}
	require.NoError(t, json.NewEncoder(&out).Encode(exported))
	fmt.Fprint(&out, fmt.Errorf("refused: %v", exported))
	require.NotContains(t, out.String(), planted)
	require.NotContains(t, out.String(), fmt.Sprintf("%x", planted))
	require.Contains(t, out.String(), "[redacted]")
}

func TestValue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		value     secret.Value
		presented string
		equal     bool
		zero      bool
	}{
		{"equal", secret.New("abc"), "abc", true, false},
		{"different", secret.New("abc"), "abd", false, false},
		{"longer", secret.New("abc"), "abcd", false, false},
		{"empty equals nothing", secret.New(""), "", false, true},
		{"zero equals nothing", secret.Value{}, "", false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.equal, tc.value.Equal(tc.presented))
			require.Equal(t, tc.zero, tc.value.IsZero())
		})
	}
	require.Empty(t, secret.Value{}.Reveal())
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		v := secret.Generate("vas_").Reveal()
		require.Regexp(t, `^vas_[A-Za-z0-9_-]{43}$`, v)
		require.False(t, seen[v])
		seen[v] = true
	}
}
