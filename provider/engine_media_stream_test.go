package provider

import (
	"testing"

	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/stretchr/testify/require"
)

func TestAMediaStreamEngine(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		engine := at("engine").AtMapKey("media_stream")
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("assistant_media_stream.tf"),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(assistantAddress, engine.AtMapKey("api_key_wo"), knownvalue.Null()),
					statecheck.ExpectKnownValue(assistantAddress, engine.AtMapKey("allow_insecure"), knownvalue.Null()),
					statecheck.ExpectKnownValue(assistantAddress, engine.AtMapKey("account_sid"),
						knownvalue.StringExact("AC00000000000000000000000000000000")),
				},
			},
			tf.TestStep{ConfigFile: file("assistant_media_stream.tf"), PlanOnly: true},
			tf.TestStep{ResourceName: assistantAddress, ImportState: true, ImportStateVerify: true},
			tf.TestStep{ConfigFile: file("assistant_media_stream.tf"), ConfigVariables: vars("key_version", "2")},
		)
		f, ok := on.(*fake)
		if !ok {
			return
		}
		for _, r := range append(f.made("POST", "/v1/assistants"), f.made("PUT", "/v1/assistants/")...) {
			require.Contains(t, r.body, "planted-auth-token")
		}
	})
}
