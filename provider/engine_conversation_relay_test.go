package provider

import (
	"strings"
	"testing"

	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/stretchr/testify/require"
)

func TestAConversationRelayEngine(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		stt := func(name string) tfjsonpath.Path { // a path must not be continued twice
			return at("engine").AtMapKey("conversation_relay").AtMapKey("stt").AtMapKey(name)
		}
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("assistant_conversation_relay.tf"),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(assistantAddress, stt("api_key_wo"), knownvalue.Null()),
					statecheck.ExpectKnownValue(assistantAddress, stt("api_key_wo_version"), knownvalue.Int64Exact(1)),
				},
			},
			tf.TestStep{ConfigFile: file("assistant_conversation_relay.tf"), PlanOnly: true},
			tf.TestStep{ResourceName: assistantAddress, ImportState: true, ImportStateVerify: true},
			tf.TestStep{ConfigFile: file("assistant_conversation_relay.tf"), ConfigVariables: vars("key_version", "2")},
		)
		f, ok := on.(*fake)
		if !ok {
			return
		}
		for _, r := range append(f.made("POST", "/v1/assistants"), f.made("PUT", "/v1/assistants/")...) {
			require.Equal(t, 2, strings.Count(r.body, "planted-relay-token"), "both keys")
		}
	})
}
