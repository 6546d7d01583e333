package provider

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/config"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

const (
	channelAddress  = "va_channel_" + kindTest + ".main"
	consumerAddress = "terraform_data.consumer"
)

var generatedSecret = knownvalue.StringRegexp(regexp.MustCompile(`^generated-`))

// at reads an attribute of the channel.
func at(name string) tfjsonpath.Path { return tfjsonpath.New(name) }

func preApply(checks ...plancheck.PlanCheck) tf.ConfigPlanChecks {
	return tf.ConfigPlanChecks{PreApply: checks}
}

func vars(pairs ...string) config.Variables {
	v := config.Variables{}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = config.StringVariable(pairs[i+1])
	}
	return v
}

func TestChannelLifecycleTF01(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("channel.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), generatedSecret),
				statecheck.ExpectSensitiveValue(channelAddress, at("client_secret")),
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
				statecheck.ExpectKnownValue(channelAddress, at("rotation_overlap"), knownvalue.StringExact("24h")),
			},
		},
		tf.TestStep{ConfigFile: file("channel.tf"), PlanOnly: true},
		tf.TestStep{
			ResourceName: channelAddress, ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"timeouts"},
		},
	)
	require.Len(t, f.made("POST", kindTest), 1, "one request for a create")
	require.Len(t, f.made("GET", "/credentials"), 1, "only the import asks for secrets")
	require.Empty(t, f.ids(kindTest), "destroyed")
	for _, r := range f.made("DELETE", "") {
		require.NotEqual(t, "*", r.match, "a delete names the revision it knows")
	}
}

func TestRotationTF04(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	changed := statecheck.CompareValue(compare.ValuesDiffer())
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one"),
			ConfigStateChecks: []statecheck.StateCheck{changed.AddStateValue(consumerAddress, at("output"))},
		},
		tf.TestStep{ // another attribute leaves every credential known
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one", "name", "second"),
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction(consumerAddress, plancheck.ResourceActionNoop),
				plancheck.ExpectKnownValue(channelAddress, at("client_secret"), generatedSecret),
				plancheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
				plancheck.ExpectKnownValue(channelAddress, at("previous_credentials_expire_at"), knownvalue.Null()),
			),
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "two", "name", "second"),
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectUnknownValue(channelAddress, at("client_secret")),
				plancheck.ExpectUnknownValue(channelAddress, at("credentials_version")),
				plancheck.ExpectUnknownValue(channelAddress, at("previous_credentials_expire_at")),
				plancheck.ExpectKnownValue(channelAddress, at("url"), knownvalue.NotNull()),
				plancheck.ExpectResourceAction(consumerAddress, plancheck.ResourceActionUpdate),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				changed.AddStateValue(consumerAddress, at("output")),
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
				statecheck.ExpectKnownValue(channelAddress, at("previous_credentials_expire_at"), knownvalue.NotNull()),
			},
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), PlanOnly: true, ConfigVariables: vars("rotation", "two", "name", "second"),
		},
	)
	puts := f.made("PUT", kindTest)
	require.Len(t, puts, 2)
	require.NotContains(t, puts[0].body, "rotate_if_version")
	require.Contains(t, puts[1].body, `"rotate_if_version":1`)
	require.Empty(t, f.made("GET", "/credentials"), "the answer of a rotation has the values")
}

func TestImportTF03(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	id := f.seed(t)
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one"),
			ResourceName: channelAddress, ImportState: true, ImportStatePersist: true, ImportStateId: id,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				require.Regexp(t, `^generated-`, states[0].Attributes["client_secret"])
				require.Equal(t, "true", states[0].Attributes["credentials_in_state"])
				return nil
			},
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one"),
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
				plancheck.ExpectKnownValue(channelAddress, at("client_secret"), generatedSecret),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
			},
		},
		tf.TestStep{ // adopted once; the next change rotates
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "two"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
			},
		},
	)
	puts := f.made("PUT", kindTest)
	require.Len(t, puts, 2)
	require.NotContains(t, puts[0].body, "rotate_if_version")
	require.Contains(t, puts[1].body, `"rotate_if_version":1`)
}

func TestImportWithoutSecrets(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{ConfigFile: file("channel.tf")},
		tf.TestStep{
			ResourceName: channelAddress, ImportState: true,
			ImportStateIdFunc: func(*terraform.State) (string, error) {
				return f.ids(kindTest)[0] + importWithoutSecrets, nil
			},
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				require.Equal(t, "false", states[0].Attributes["credentials_in_state"])
				require.NotContains(t, states[0].Attributes, "client_secret")
				return nil
			},
		},
	)
	require.Empty(t, f.made("GET", "/credentials"))
}

func TestImportWithoutScope(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.noCredentialsScope = true
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("channel.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), knownvalue.Null()),
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
			},
		},
		tf.TestStep{ResourceName: channelAddress, ImportState: true, ImportStateVerify: true},
	)
}

func TestImportByIdentityTF02(t *testing.T) {
	t.Parallel()
	needs(t, "1.12", "1.12", "import by identity")
	accept(t, newFake(t),
		tf.TestStep{ConfigFile: file("channel.tf")},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ResourceName: channelAddress, ImportState: true,
			ImportStateKind: tf.ImportBlockWithResourceIdentity,
		},
	)
}

func TestImportIDsTF19(t *testing.T) {
	t.Parallel()
	const ulid = "01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	tests := []struct{ name, id string }{
		{"slash", "chn_" + ulid[:20] + "/../..."},
		{"dots", "chn_../../v1/tokens"},
		{"escaped slash", "chn_%2f..%2fassistants"},
		{"long", "chn_" + strings.Repeat("0", 10_000)},
		{"another kind of object", "asst_" + ulid},
		{"lower case", "chn_" + strings.ToLower(ulid)},
		{"query", "chn_" + ulid + "?dry_run=true"},
		{"repeated suffix", "chn_" + ulid + importWithoutSecrets + importWithoutSecrets},
		{"control character", "chn_" + ulid + "\n"},
	}
	f := newFake(t)
	var steps []tf.TestStep
	for _, tt := range tests {
		steps = append(steps, tf.TestStep{
			ConfigFile: file("channel.tf"), ResourceName: channelAddress, ImportState: true,
			ImportStateId: tt.id, ExpectError: regexp.MustCompile(`Invalid import id`),
		})
	}
	accept(t, f, steps...)
	require.Empty(t, f.requests, "refused before a request is made")
}

func TestNoSecretInStateTF05(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	off := func(v config.Variables) config.Variables {
		v["credentials_in_state"] = config.BoolVariable(false)
		return v
	}
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: off(vars()),
			ConfigPlanChecks: preApply(plancheck.ExpectKnownValue(channelAddress, at("client_secret"), knownvalue.Null())),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), knownvalue.Null()),
			},
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: off(vars("rotation", "one")),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), knownvalue.Null()),
				statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
			},
		},
		tf.TestStep{
			PreConfig: func() {
				require.Empty(t, f.made("GET", "/credentials"), "never called while secrets stay out of state")
			},
			ConfigFile: file("channel.tf"), ConfigVariables: vars("rotation", "one"),
			ConfigPlanChecks: preApply(
				plancheck.ExpectUnknownValue(channelAddress, at("client_secret")),
				plancheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), generatedSecret),
			},
		},
		tf.TestStep{
			ConfigFile: file("channel.tf"), ConfigVariables: off(vars("rotation", "one")),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), knownvalue.Null()),
			},
		},
	)
	require.Len(t, f.made("GET", "/credentials"), 1)
}

func TestEphemeralTF05(t *testing.T) {
	t.Parallel()
	const echo = "echo.main"
	accept(t, newFake(t),
		tf.TestStep{
			ConfigFile: file("ephemeral.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(echo, at("data").AtMapKey("version"), knownvalue.Int64Exact(1)),
				statecheck.ExpectKnownValue(channelAddress, at("client_secret"), knownvalue.Null()),
			},
		},
		tf.TestStep{
			ConfigFile: file("ephemeral.tf"), ConfigVariables: vars("rotation", "one"), Taint: []string{echo},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(echo, at("data").AtMapKey("version"), knownvalue.Int64Exact(2)),
			},
		},
	)
}

func TestDriftTF14PRD11(t *testing.T) {
	t.Parallel()
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		accept(t, f,
			tf.TestStep{ConfigFile: file("channel.tf")},
			tf.TestStep{
				PreConfig: func() { f.remove(kindTest) }, ConfigFile: file("channel.tf"),
				ConfigPlanChecks: preApply(plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionCreate)),
			},
		)
		require.Len(t, f.made("POST", kindTest), 2)
	})
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		accept(t, f,
			tf.TestStep{ConfigFile: file("channel.tf")},
			tf.TestStep{
				PreConfig:  func() { f.only(kindTest).fields["name"] = "renamed" },
				ConfigFile: file("channel.tf"),
				ConfigPlanChecks: preApply(
					plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(channelAddress, at("name"), knownvalue.StringExact("first")),
				),
			},
		)
	})
	t.Run("rotated", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		changed := statecheck.CompareValue(compare.ValuesDiffer())
		accept(t, f,
			tf.TestStep{
				ConfigFile:        file("channel.tf"),
				ConfigStateChecks: []statecheck.StateCheck{changed.AddStateValue(consumerAddress, at("output"))},
			},
			tf.TestStep{
				PreConfig: func() { f.rotate(kindTest) }, ConfigFile: file("channel.tf"),
				ConfigPlanChecks: preApply(
					plancheck.ExpectResourceAction(channelAddress, plancheck.ResourceActionNoop),
					plancheck.ExpectResourceAction(consumerAddress, plancheck.ResourceActionUpdate),
				),
				ConfigStateChecks: []statecheck.StateCheck{
					changed.AddStateValue(consumerAddress, at("output")),
					statecheck.ExpectKnownValue(channelAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
				},
			},
		)
		require.Empty(t, f.made("PUT", kindTest), "nothing to do on the channel itself")
	})
	t.Run("data of another kind", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		accept(t, f,
			tf.TestStep{ConfigFile: file("channel.tf")},
			tf.TestStep{
				PreConfig: func() {
					f.set(func(f *fake) {
						f.before = func(w http.ResponseWriter, r request) bool {
							if r.method != "GET" || !strings.Contains(r.path, kindTest) {
								return false
							}
							_, _ = w.Write([]byte(`{"id":"` + api.PrefixChannel + `01JD8Z6V5B3W3T1H6R4M0X7Q2N"}`))
							return true
						}
					})
				},
				ConfigFile: file("channel.tf"), ExpectError: regexp.MustCompile(`the answer is about`),
			},
			tf.TestStep{
				PreConfig:  func() { f.set(func(f *fake) { f.before = nil }) },
				ConfigFile: file("channel.tf"), PlanOnly: true,
			},
		)
	})
}
