package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

const (
	repository = "../../.."
	providers  = `terraform {
  required_providers {
    va = {
      source = "va-gateway/va"
    }
  }
}
`
)

// hosts are where Terraform and OpenTofu look up a short source address.
var hosts = []string{"registry.terraform.io", "registry.opentofu.org"}

// TestExamplesTF09PRD06 runs `validate` of a real binary over every example, and over
// mistakes that it must find. The stand-ins approximate "optional" and
// "computed" and check no values; nothing reaches another platform.
func TestExamplesTF09PRD06(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	t.Run("valid", b.testValid)
	t.Run("mistakes", b.testMistakes)
	t.Run("chained", b.testChained)
}

func (b bench) testValid(t *testing.T) {
	var dirs []string
	err := filepath.WalkDir(filepath.Join(repository, "examples"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if files, _ := filepath.Glob(filepath.Join(path, "*.tf")); len(files) > 0 {
			dirs = append(dirs, path)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for _, dir := range dirs {
		name, err := filepath.Rel(repository, dir)
		require.NoError(t, err)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := t.TempDir()
			require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
			out, err := b.validate(t, copied)
			require.NoErrorf(t, err, "%s", out)
		})
	}
}

// testMistakes keeps testValid honest.
func (b bench) testMistakes(t *testing.T) {
	const twilio, genesys = "twilio", "genesys-audio-connector"
	cases := []struct{ example, name, old, broken, want string }{
		{twilio, "unknown argument", "voice_method ", "voice_verb ", "Unsupported argument"},
		{twilio, "unknown output of ours", "service_line.url", "service_line.uri", "Unsupported attribute"},
		{twilio, "unknown output of theirs", "service_line.phone_number", "service_line.number", "Unsupported attribute"},
		{twilio, "missing argument of ours", "provider_application ", "name ", "Missing required argument"},
		{twilio, "wrong type", `"service line"` + "\n\n", "[]\n\n", "Incorrect attribute value type"},
		{genesys, "unknown argument", "credential_type_name", "credential_type", "Unsupported argument"},
		{genesys, "unknown argument of a block", "credentials = {", "credential = {", "Unsupported argument"},
		{genesys, "a second block", "  config {", "  config {}\n  config {", "Too many config blocks"},
		{genesys, "unknown output of ours", ".base_connection_uri", ".base_uri", "Unsupported attribute"},
		{genesys, "unknown output of theirs", "_flow.service_line.id", "_flow.service_line.flow_id", "Unsupported attribute"},
		{genesys, "unknown resource of theirs", `"genesyscloud_flow"`, `"genesyscloud_flows"`, "Invalid resource type"},
		{genesys, "wrong type", "= var.phone_numbers", "= {}", "Incorrect attribute value type"},
	}
	for _, c := range cases {
		t.Run(c.example+", "+c.name, func(t *testing.T) {
			t.Parallel()
			dir, changed := t.TempDir(), false
			for _, name := range []string{"main.tf", "variables.tf", "outputs.tf"} {
				text, err := os.ReadFile(filepath.Join(repository, "examples/complete", c.example, name))
				require.NoError(t, err)
				broken := strings.ReplaceAll(string(text), c.old, c.broken)
				changed = changed || broken != string(text)
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(broken), 0o600))
			}
			require.True(t, changed, "the case no longer changes the example")
			out, err := b.validate(t, dir)
			require.Error(t, err)
			require.Contains(t, out, c.want)
		})
	}
}

// testChained applies the examples that bring a test of their own, with the real
// gateway and stand-ins for the other provider's resources: what these are given
// is what the channel has. The names that no schema knows, such as those in
// JSON, are compared there.
func (b bench) testChained(t *testing.T) {
	tests, err := filepath.Glob(filepath.Join(repository, "examples/complete/*/tests"))
	require.NoError(t, err)
	require.NotEmpty(t, tests)
	for _, dir := range tests {
		example := filepath.Dir(dir)
		t.Run(filepath.Base(example), func(t *testing.T) {
			t.Parallel()
			g := gatewaytest.Start(t)
			copied := t.TempDir()
			require.NoError(t, os.CopyFS(copied, os.DirFS(example)))
			out, err := b.run(t, copied, []string{"VA_ENDPOINT=" + g.AdminURL, "VA_TOKEN=" + g.Token}, "test")
			require.NoErrorf(t, err, "%s", out)
			require.Contains(t, out, "1 passed, 0 failed")
			left, err := api.List[api.Channel](t.Context(), g.Client, "/v1/channels")
			require.NoError(t, err)
			require.Empty(t, left, "torn down")
		})
	}
}

// bench is a Terraform or OpenTofu binary with our provider, built from the
// source, and a stand-in for every fixture.
type bench struct{ terraform, config string }

func newBench(t *testing.T) bench {
	t.Helper()
	terraform := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if os.Getenv("TF_ACC") == "" || terraform == "" {
		t.Skip("needs a Terraform binary: TF_ACC=1 and TF_ACC_TERRAFORM_PATH, as `make testacc` sets them")
	}
	dir := t.TempDir()
	own := filepath.Join(dir, "va-gateway/va/terraform-provider-va")
	overrides := map[string]string{"va-gateway/va": build(t, repository, own)}
	stub := filepath.Join(dir, "schemastub")
	build(t, ".", stub)
	fixtures, err := filepath.Glob("fixtures/*.json")
	require.NoError(t, err)
	for _, fixture := range fixtures {
		namespace, name, ok := strings.Cut(strings.TrimSuffix(filepath.Base(fixture), ".json"), "_")
		require.Truef(t, ok, "%s is not <namespace>_<type>.json", fixture)
		own := filepath.Join(dir, namespace, name)
		require.NoError(t, os.MkdirAll(own, 0o700))
		require.NoError(t, os.Link(stub, filepath.Join(own, "terraform-provider-"+name)))
		overrides[namespace+"/"+name] = own
	}
	var config strings.Builder
	config.WriteString("provider_installation {\n  dev_overrides {\n")
	for source, own := range overrides {
		for _, host := range hosts {
			fmt.Fprintf(&config, "    %q = %q\n", host+"/"+source, own)
		}
	}
	config.WriteString("  }\n}\n")
	file := filepath.Join(dir, "cli.tfrc")
	require.NoError(t, os.WriteFile(file, []byte(config.String()), 0o600))
	return bench{terraform: terraform, config: file}
}

// build compiles a command and gives the directory it is in.
func build(t *testing.T, pkg, binary string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, ".")
	cmd.Dir = pkg
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	return filepath.Dir(binary)
}

// validate gives the output of `validate` and its exit status. An example that
// names no provider source, as resource pages show it, gets ours.
func (b bench) validate(t *testing.T, dir string) (string, error) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	require.NoError(t, err)
	named := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		named = named || strings.Contains(string(text), "required_providers")
	}
	if !named {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "providers_for_test.tf"), []byte(providers), 0o600))
	}
	return b.run(t, dir, nil, "validate")
}

// run gives the output of a command of the binary and its exit status.
func (b bench) run(t *testing.T, dir string, env []string, command string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.terraform, command, "-no-color")
	cmd.Dir = dir
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "TF_CLI_CONFIG_FILE="+b.config, "CHECKPOINT_DISABLE=1", "TF_DATA_DIR="+t.TempDir())
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
