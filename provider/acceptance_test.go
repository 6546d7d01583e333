package provider

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// core is the Terraform or OpenTofu that the acceptance tests run.
var core struct {
	path    string
	product string // first word of `version`
	version string // "v1.11.4"
}

// TestMain prepares the environment that terraform-plugin-testing reads. The
// providers are served in process, so nothing is downloaded.
func TestMain(m *testing.M) {
	core.path = os.Getenv("TF_ACC_TERRAFORM_PATH")
	for _, name := range []string{"terraform", "tofu"} {
		if core.path == "" {
			core.path, _ = exec.LookPath(name)
		}
	}
	for name, value := range map[string]string{
		"TF_ACC": "1", "TF_CLI_CONFIG_FILE": os.DevNull, "CHECKPOINT_DISABLE": "1", "TF_ACC_TERRAFORM_PATH": core.path,
		// The environment of a developer must not decide what a test sees.
		envEndpoint: "", envToken: "",
	} {
		_ = os.Setenv(name, value)
	}
	if core.path != "" {
		out, err := exec.CommandContext(context.Background(), core.path, "version").Output()
		first, _, _ := strings.Cut(string(out), "\n")
		words := strings.Fields(first)
		if err != nil || len(words) != 2 {
			fmt.Fprintf(os.Stderr, "%s version: %v: %q\n", core.path, err, first)
			os.Exit(1)
		}
		// Not `version -json`: OpenTofu gives its version there as Terraform's.
		core.product, core.version = words[0], words[1]
	}
	if core.product == "OpenTofu" {
		_ = os.Setenv("TF_ACC_PROVIDER_HOST", "registry.opentofu.org")
		_ = os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "hashicorp")
	}
	os.Exit(m.Run())
}

// target is an admin API to test against.
type target interface {
	endpoint() string
	token() string
}

// accept runs steps through the real Terraform. A step names its file in
// testdata by ConfigFile, or none to go by the one before; address and token
// are added to its variables.
func accept(t *testing.T, on target, steps ...tf.TestStep) {
	t.Helper()
	if core.path == "" {
		t.Skip("neither terraform nor tofu is on PATH, and TF_ACC_TERRAFORM_PATH is not set")
	}
	// At the steps and not at the case: a case may name no providers when its
	// files configure them.
	factories := map[string]func() (tfprotov6.ProviderServer, error){
		"va":   providerserver.NewProtocol6WithError(newTestProvider()),
		"echo": echoprovider.NewProviderServer(),
	}
	for i := range steps {
		steps[i].ProtoV6ProviderFactories = factories
		if steps[i].ConfigFile == nil { // imports and refreshes go by the step before
			steps[i].ConfigFile, steps[i].ConfigVariables = steps[i-1].ConfigFile, steps[i-1].ConfigVariables
		}
		vars := config.Variables{}
		for k, v := range steps[i].ConfigVariables {
			vars[k] = v
		}
		if on != nil {
			vars["endpoint"] = config.StringVariable(on.endpoint())
			vars["token"] = config.StringVariable(on.token())
		}
		steps[i].ConfigVariables = vars
	}
	tf.Test(t, tf.TestCase{Steps: steps})
}

// needs skips a test whose feature the running core lacks.
func needs(t *testing.T, terraform, opentofu, feature string) {
	t.Helper()
	wanted := terraform
	if core.product == "OpenTofu" {
		wanted = opentofu
	}
	var have, want [2]int
	_, _ = fmt.Sscanf(core.version, "v%d.%d", &have[0], &have[1])
	_, _ = fmt.Sscanf(wanted, "%d.%d", &want[0], &want[1])
	if wanted == "" || have[0] < want[0] || (have[0] == want[0] && have[1] < want[1]) {
		t.Skipf("%s %s has no %s", core.product, core.version, feature)
	}
}

func file(name string) config.TestStepConfigFunc { return config.StaticFile("testdata/" + name) }

// onEveryTarget runs a behaviour test against the fake and whatever other
// admin API there is.
func onEveryTarget(t *testing.T, test func(t *testing.T, on target)) {
	t.Helper()
	for name, start := range targets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t))
		})
	}
}

var targets = map[string]func(t *testing.T) target{
	"fake":    func(t *testing.T) target { return newFake(t) },
	"gateway": startGateway,
}
