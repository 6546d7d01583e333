package crash_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var built struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// build makes the provider and the gateway once, and a terraform configuration
// that finds the provider.
func build(t *testing.T) (gateway, overrides string) {
	t.Helper()
	built.Do(func() {
		built.dir, built.err = os.MkdirTemp("", "va-crash-") //nolint:usetesting // outlives this test; TestMain removes it
		if built.err != nil {
			return
		}
		for _, b := range []struct{ name, pkg string }{{"terraform-provider-va", "."}, {"gateway", "./gateway"}} {
			c := exec.Command("go", "build", "-o", filepath.Join(built.dir, b.name), b.pkg)
			c.Dir = filepath.Join("..", "..", "..")
			c.Env = append(os.Environ(), "CGO_ENABLED=0") // as `make build` compiles them
			if out, err := c.CombinedOutput(); err != nil {
				built.err = fmt.Errorf("build %s: %w\n%s", b.name, err, out)
				return
			}
		}
		text := fmt.Sprintf(`provider_installation {
  dev_overrides {
    "registry.terraform.io/va-gateway/va" = %q
    "registry.opentofu.org/va-gateway/va" = %q
  }
  direct {}
}
`, built.dir, built.dir)
		built.err = os.WriteFile(filepath.Join(built.dir, "cli.tfrc"), []byte(text), 0o600)
	})
	require.NoError(t, built.err)
	return filepath.Join(built.dir, "gateway"), filepath.Join(built.dir, "cli.tfrc")
}

// findTerraform gives the binary of this run: TF_ACC_TERRAFORM_PATH, else
// terraform or tofu from PATH.
func findTerraform(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.NotEqual(t, "true", os.Getenv("CI"), "neither terraform nor tofu is on PATH")
	t.Skip("neither terraform nor tofu is on PATH")
	return ""
}
