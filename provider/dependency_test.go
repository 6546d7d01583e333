package provider

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoGatewayCode keeps media code and stores out of the plugin: every
// `terraform init` downloads it.
func TestNoGatewayCode(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	const module = "github.com/va-gateway/terraform-provider-va/"
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		for _, banned := range []string{"pion/", "sipgo", "pgx", "sqlite", "gorilla/websocket", "huma"} {
			require.NotContains(t, dep, banned, "provider must not link it; see the dependency rules in CONTRIBUTING.md")
		}
		if own, ok := strings.CutPrefix(dep, module); ok {
			require.Contains(t, []string{"provider", "gateway/api", "gateway/sipaddress"}, own,
				"provider imports gateway/api only, which has one leaf of its own")
		}
	}
}
