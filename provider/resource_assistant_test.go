package provider

import (
	"testing"

	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/stretchr/testify/require"
)

const assistantAddress = "va_assistant.main"

func TestAssistantLifecycleTF01(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("assistant.tf"),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(assistantAddress, at("greeting_mode"), knownvalue.StringExact("assistant_first")),
					statecheck.ExpectKnownValue(assistantAddress, at("updated_at"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(assistantAddress, at("turn").AtMapKey("silence"), knownvalue.StringExact("700ms")),
				},
			},
			tf.TestStep{ConfigFile: file("assistant.tf"), PlanOnly: true},
			tf.TestStep{ResourceName: assistantAddress, ImportState: true, ImportStateVerify: true},
			tf.TestStep{
				ConfigFile: file("assistant.tf"), ConfigVariables: vars("name", "sales"),
				ConfigPlanChecks: preApply(plancheck.ExpectResourceAction(assistantAddress, plancheck.ResourceActionUpdate)),
			},
			tf.TestStep{ // another spelling is no change
				ConfigFile: file("assistant.tf"), PlanOnly: true,
				ConfigVariables: vars("name", "sales", "max_call_duration", "1800s", "silence", "0.7s"),
			},
		)
		f, ok := on.(*fake)
		if !ok {
			return
		}
		require.Len(t, f.made("POST", "/v1/assistants"), 1, "one request for a create")
		puts := f.made("PUT", "/v1/assistants/")
		require.Len(t, puts, 1)
		require.Equal(t, `"1"`, puts[0].match)
		require.Len(t, puts[0].key, 32)
		require.Empty(t, f.ids("assistant"), "destroyed")
	})
}

func TestAssistantDefaultsStayNull(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		is := func(name string, value knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(assistantAddress, at(name), value)
		}
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("assistant_minimal.tf"),
				ConfigStateChecks: []statecheck.StateCheck{
					is("engine", knownvalue.Null()),
					is("voice", knownvalue.Null()),
					is("transfers", knownvalue.Null()),
					is("max_call_duration", knownvalue.StringExact("30m")),
					is("fallback", knownvalue.StringExact("live_agent")),
				},
			},
			tf.TestStep{ConfigFile: file("assistant_minimal.tf"), PlanOnly: true},
			tf.TestStep{ResourceName: assistantAddress, ImportState: true, ImportStateVerify: true},
		)
	})
}

func TestGatewayDataSource(t *testing.T) {
	t.Parallel()
	const address = "data.va_gateway.main"
	onEveryTarget(t, func(t *testing.T, on target) {
		accept(t, on, tf.TestStep{
			ConfigFile: file("gateway.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, at("version"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(address, at("public_url"), knownvalue.NotNull()),
				statecheck.ExpectKnownValue(address, at("speech").AtMapKey("tts"), knownvalue.NotNull()),
			},
		})
	})
}
