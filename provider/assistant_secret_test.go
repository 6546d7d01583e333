package provider

import (
	"strings"
	"testing"

	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/stretchr/testify/require"
)

// The key of an engine is sent on create and with a new version, and is in no
// state.
func TestAnEngineKeyIsWriteOnly(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		engine := at("engine").AtMapKey("openai_realtime")
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("assistant_realtime.tf"),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(assistantAddress, engine.AtMapKey("api_key_wo"), knownvalue.Null()),
					statecheck.ExpectKnownValue(assistantAddress, engine.AtMapKey("api_key_wo_version"), knownvalue.Int64Exact(1)),
					statecheck.ExpectKnownValue(assistantAddress, engine.AtMapKey("base_url"), knownvalue.Null()),
				},
			},
			tf.TestStep{ConfigFile: file("assistant_realtime.tf"), PlanOnly: true},
			tf.TestStep{ResourceName: assistantAddress, ImportState: true, ImportStateVerify: true},
			tf.TestStep{
				ConfigFile: file("assistant_realtime.tf"), ConfigVariables: vars("name", "other"),
				ConfigPlanChecks: preApply(plancheck.ExpectResourceAction(assistantAddress, plancheck.ResourceActionUpdate)),
			},
			tf.TestStep{
				ConfigFile: file("assistant_realtime.tf"), ConfigVariables: vars("name", "other", "key_version", "2"),
			},
		)
		f, ok := on.(*fake)
		if !ok {
			return
		}
		var sent []bool
		for _, r := range append(f.made("POST", "/v1/assistants"), f.made("PUT", "/v1/assistants/")...) {
			sent = append(sent, strings.Contains(r.body, "sk-planted-in-terraform"))
		}
		require.Equal(t, []bool{true, false, true}, sent)
	})
}
