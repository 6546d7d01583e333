package provider

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// plannedUnknown compares what a plan does not know about one resource with a
// golden file.
type plannedUnknown struct{ address, golden string }

// CheckPlan implements plancheck.PlanCheck.
func (p plannedUnknown) CheckPlan(
	_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse,
) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address != p.address {
			continue
		}
		got, err := json.MarshalIndent(change.Change.AfterUnknown, "", "  ")
		if err == nil {
			err = matchGolden(p.golden, append(got, '\n'))
		}
		resp.Error = err
		return
	}
	resp.Error = fmt.Errorf("no change of %s", p.address)
}

func matchGolden(name string, got []byte) error {
	path := filepath.Join("testdata", name)
	if *update {
		return os.WriteFile(path, got, 0o600)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		return fmt.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
	return nil
}

// TestUnknownExactlyTF04 pins down which attributes become unknown.
func TestUnknownExactlyTF04(t *testing.T) {
	t.Parallel()
	golden := func(name string) tf.ConfigPlanChecks {
		return preApply(plannedUnknown{channelAddress, name})
	}
	accept(t, newFake(t),
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one"),
			ConfigPlanChecks: golden("plan_create.golden"),
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one", "name", "second"),
			ConfigPlanChecks: golden("plan_rename.golden"),
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "two", "name", "second"),
			ConfigPlanChecks: golden("plan_rotate.golden"),
		},
	)
}
