package provider

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/config"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

const (
	connectorAddress   = "va_channel_genesys_audio_connector.main"
	secondConnector    = "va_channel_genesys_audio_connector.second"
	genesysCredential  = "terraform_data.credential"
	genesysIntegration = "terraform_data.integration"
)

// connectorStep is a step of genesys_audio_connector.tf. After each the framework
// plans again and wants nothing to do.
func connectorStep(
	v config.Variables, plan []plancheck.PlanCheck, checks ...statecheck.StateCheck,
) tf.TestStep {
	return tf.TestStep{
		ConfigFile: file("genesys_audio_connector.tf"), ConfigVariables: v,
		ConfigPlanChecks: preApply(plan...), ConfigStateChecks: checks,
	}
}

// sameCredentials checks whether the two channels share what Genesys needs once.
func sameCredentials(same bool) []statecheck.StateCheck {
	var comparer compare.ValueComparer = compare.ValuesDiffer()
	if same {
		comparer = compare.ValuesSame()
	}
	checks := []statecheck.StateCheck{statecheck.CompareValuePairs(
		connectorAddress, at("connector_id"), secondConnector, at("connector_id"), compare.ValuesDiffer())}
	for _, name := range []string{"base_connection_uri", "api_key", "client_secret"} {
		checks = append(checks,
			statecheck.CompareValuePairs(connectorAddress, at(name), secondConnector, at(name), comparer))
	}
	return checks
}

func connectorVersion(address string, n int64) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, at("credentials_version"), knownvalue.Int64Exact(n))
}

func unknownConnector(address string) []plancheck.PlanCheck {
	var checks []plancheck.PlanCheck
	for _, name := range []string{
		"api_key", "client_secret", "credentials_version", "previous_credentials_expire_at",
	} {
		checks = append(checks, plancheck.ExpectUnknownValue(address, at(name)))
	}
	return checks
}

func TestGenesysAudioConnectorTF01(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		form := func(name, pattern string) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(connectorAddress, at(name),
				knownvalue.StringRegexp(regexp.MustCompile(pattern)))
		}
		accept(t, on,
			connectorStep(vars(), nil, append(sameCredentials(false),
				form("base_connection_uri", `^wss?://[^/]+/c/genesys_audio_connector/chn_[0-9A-Z]{26}$`),
				form("connector_id", `^[A-Za-z0-9_-]{22,64}$`),
				form("api_key", `^[a-zA-Z0-9+/_-]+={0,2}$`),
				form("client_secret", `^[A-Za-z0-9+/]+={0,2}$`),
				statecheck.ExpectSensitiveValue(connectorAddress, at("api_key")),
				statecheck.ExpectSensitiveValue(connectorAddress, at("client_secret")),
				statecheck.ExpectKnownValue(connectorAddress, at("credential_group"), knownvalue.Null()),
				connectorVersion(connectorAddress, 1))...),
			tf.TestStep{ConfigFile: file("genesys_audio_connector.tf"), PlanOnly: true},
			tf.TestStep{ResourceName: connectorAddress, ImportState: true, ImportStateVerify: true},
			connectorStep(vars("name", "renamed"), []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(connectorAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction(secondConnector, plancheck.ResourceActionNoop),
				plancheck.ExpectResourceAction(genesysCredential, plancheck.ResourceActionNoop),
				plancheck.ExpectResourceAction(genesysIntegration, plancheck.ResourceActionNoop),
			}, connectorVersion(connectorAddress, 1)),
		)
	})
}

// One rotation serves every channel of a group, and updates what holds its
// credentials in the same apply.
func TestGenesysGroupRotationTF04(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		shared := vars("group", "EU", "second_group", "EU")
		both := with(shared, vars("rotation", "one", "second_rotation", "one"))
		one := with(both, vars("rotation", "two"))
		changed := statecheck.CompareValue(compare.ValuesDiffer())
		accept(t, on,
			connectorStep(shared, nil, append(sameCredentials(true), changed.AddStateValue(genesysCredential, at("output")),
				statecheck.ExpectKnownValue(connectorAddress, at("base_connection_uri"),
					knownvalue.StringRegexp(regexp.MustCompile(`/c/genesys_audio_connector/grp_[0-9A-Z]{26}$`))))...),
			connectorStep(both, append(append(unknownConnector(connectorAddress), unknownConnector(secondConnector)...),
				plancheck.ExpectKnownValue(connectorAddress, at("base_connection_uri"), knownvalue.NotNull()),
				plancheck.ExpectKnownValue(connectorAddress, at("connector_id"), knownvalue.NotNull()),
				plancheck.ExpectResourceAction(genesysCredential, plancheck.ResourceActionUpdate),
				plancheck.ExpectResourceAction(genesysIntegration, plancheck.ResourceActionNoop),
			), append(sameCredentials(true), changed.AddStateValue(genesysCredential, at("output")),
				connectorVersion(connectorAddress, 2), connectorVersion(secondConnector, 2))...),
			// A rotation of one is seen at the other by the next refresh.
			connectorStep(one, unknownConnector(connectorAddress),
				changed.AddStateValue(genesysCredential, at("output")), connectorVersion(connectorAddress, 3)),
			connectorStep(one, []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(connectorAddress, plancheck.ResourceActionNoop),
				plancheck.ExpectResourceAction(secondConnector, plancheck.ResourceActionNoop),
			}, append(sameCredentials(true), connectorVersion(secondConnector, 3))...),
			tf.TestStep{
				ResourceName: secondConnector, ImportState: true, ImportStateVerify: true,
				ImportStateVerifyIgnore: []string{"rotate_when_changed"},
			},
		)
	})
}

// Another group is another URI with other credentials, even where both have the
// same credentials_version.
func TestGenesysOtherGroupTF04(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		apart, joined := vars("group", "EU", "second_group", "US"), vars("group", "US", "second_group", "US")
		alone := vars("second_group", "US")
		moving := append(unknownConnector(connectorAddress),
			plancheck.ExpectUnknownValue(connectorAddress, at("base_connection_uri")),
			plancheck.ExpectKnownValue(connectorAddress, at("connector_id"), knownvalue.NotNull()),
			plancheck.ExpectResourceAction(connectorAddress, plancheck.ResourceActionUpdate),
			plancheck.ExpectResourceAction(secondConnector, plancheck.ResourceActionNoop),
			plancheck.ExpectResourceAction(genesysCredential, plancheck.ResourceActionUpdate),
			plancheck.ExpectResourceAction(genesysIntegration, plancheck.ResourceActionUpdate))
		key, uri := statecheck.CompareValue(compare.ValuesDiffer()), statecheck.CompareValue(compare.ValuesDiffer())
		same := statecheck.CompareValue(compare.ValuesSame())
		watched := func(version int64, checks ...statecheck.StateCheck) []statecheck.StateCheck {
			return append(checks, key.AddStateValue(genesysCredential, at("output")),
				uri.AddStateValue(genesysIntegration, at("output")), same.AddStateValue(connectorAddress, at("connector_id")),
				connectorVersion(connectorAddress, version))
		}
		accept(t, on,
			connectorStep(apart, nil, watched(1, sameCredentials(false)...)...),
			connectorStep(joined, moving, watched(1, sameCredentials(true)...)...),
			connectorStep(alone, moving, watched(2, sameCredentials(false)...)...),
			tf.TestStep{ResourceName: connectorAddress, ImportState: true, ImportStateVerify: true},
		)
	})
}

// connectorCalls is a check of a step: which pairs of credentials a call to the
// second channel gets through with, that of the first channel's state and those
// of the steps before.
type connectorCalls struct {
	t        *testing.T
	on       gateway
	pairs    *[]map[string]string // one more after each step
	answered []int                // of pairs; the others are refused
}

// CheckState implements statecheck.StateCheck.
func (c connectorCalls) CheckState(
	_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse,
) {
	values := map[string]map[string]any{}
	for _, r := range req.State.Values.RootModule.Resources {
		values[r.Address] = r.AttributeValues
	}
	pair := map[string]string{}
	for _, name := range []string{"api_key", "client_secret"} {
		pair[name], _ = values[connectorAddress][name].(string)
	}
	*c.pairs = append(*c.pairs, pair)
	id, _ := values[secondConnector]["id"].(string)
	for i, pair := range *c.pairs {
		err := c.on.PlaceCall(c.t, id, pair)
		if want := slices.Contains(c.answered, i); want != (err == nil) {
			resp.Error = errors.Join(resp.Error, fmt.Errorf("pair %d: answered must be %t", i, want), err)
		}
	}
}

// TestGenesysCallsFromStateTF04 rotates a group through one of its channels and
// calls the other with what state holds: while the overlap lasts with both
// pairs, without an overlap with the new one alone.
func TestGenesysCallsFromStateTF04(t *testing.T) {
	t.Parallel()
	on := gateway{gatewaytest.Start(t)}
	var pairs []map[string]string
	step := func(rotation, overlap string, answered ...int) tf.TestStep {
		return connectorStep(
			vars("group", "EU", "second_group", "EU", "rotation", rotation, "rotation_overlap", overlap), nil,
			connectorCalls{t: t, on: on, pairs: &pairs, answered: answered})
	}
	accept(t, on, step("one", "1h", 0), step("two", "1h", 0, 1), step("three", "0s", 2))
	for _, pair := range pairs {
		require.NotContains(t, on.Log(), pair["api_key"])
		require.NotContains(t, on.Log(), pair["client_secret"])
	}
}

func TestGenesysImportTF03(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	id := f.seedChannel(t, api.KindGenesysAudioConnector, func(c api.Channel) any {
		return api.GenesysAudioConnectorChannel{Channel: c, CredentialGroup: "EU"}
	})
	v := vars("group", "EU", "rotation", "one")
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("genesys_audio_connector.tf"), ConfigVariables: v,
			ResourceName: connectorAddress, ImportState: true, ImportStatePersist: true, ImportStateId: id,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				require.Regexp(t, `^vak_`, states[0].Attributes["api_key"])
				require.NotEmpty(t, states[0].Attributes["client_secret"])
				require.Equal(t, "EU", states[0].Attributes["credential_group"])
				return nil
			},
		},
		// What follows an import rotates nothing and keeps the group's URI.
		connectorStep(v, []plancheck.PlanCheck{
			plancheck.ExpectKnownValue(connectorAddress, at("base_connection_uri"), knownvalue.NotNull()),
			plancheck.ExpectKnownValue(connectorAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
		}, connectorVersion(connectorAddress, 1)),
	)
}

func TestGenesysNoSecretInStateTF05(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	off := config.Variables{"credentials_in_state": config.BoolVariable(false)}
	null := []statecheck.StateCheck{
		statecheck.ExpectKnownValue(connectorAddress, at("api_key"), knownvalue.Null()),
		statecheck.ExpectKnownValue(connectorAddress, at("client_secret"), knownvalue.Null()),
		statecheck.ExpectKnownValue(connectorAddress, at("connector_id"), knownvalue.NotNull()),
	}
	accept(t, f,
		connectorStep(off, nil, null...),
		connectorStep(with(off, vars("rotation", "one")), nil, append(null, connectorVersion(connectorAddress, 2))...),
		connectorStep(with(off, vars("rotation", "one", "group", "EU")), nil, null...),
	)
	require.Empty(t, f.made("GET", "/credentials"))
}

func TestGenesysDriftTF14(t *testing.T) {
	t.Parallel()
	shared := vars("group", "EU", "second_group", "EU")
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		accept(t, f,
			connectorStep(shared, nil, sameCredentials(true)...),
			tf.TestStep{
				PreConfig:  func() { f.remove(api.KindGenesysAudioConnector) },
				ConfigFile: file("genesys_audio_connector.tf"), ConfigVariables: shared,
				ConfigPlanChecks: preApply(
					plancheck.ExpectResourceAction(connectorAddress, plancheck.ResourceActionCreate),
					plancheck.ExpectResourceAction(secondConnector, plancheck.ResourceActionCreate),
				),
				ConfigStateChecks: sameCredentials(true),
			},
		)
	})
	t.Run("rotated", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		accept(t, f,
			connectorStep(shared, nil),
			tf.TestStep{
				PreConfig:  func() { f.rotate(api.KindGenesysAudioConnector) },
				ConfigFile: file("genesys_audio_connector.tf"), ConfigVariables: shared,
				ConfigPlanChecks: preApply(
					plancheck.ExpectResourceAction(connectorAddress, plancheck.ResourceActionNoop),
					plancheck.ExpectResourceAction(secondConnector, plancheck.ResourceActionNoop),
					plancheck.ExpectResourceAction(genesysCredential, plancheck.ResourceActionUpdate),
				),
				ConfigStateChecks: append(sameCredentials(true),
					connectorVersion(connectorAddress, 2), connectorVersion(secondConnector, 2)),
			},
		)
		require.Empty(t, f.made("PUT", ""))
	})
	t.Run("moved", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		apart := vars("group", "EU", "second_group", "US")
		accept(t, f,
			connectorStep(apart, nil),
			tf.TestStep{ // the same version, but other credentials
				PreConfig: func() {
					ids := f.ids(api.KindGenesysAudioConnector)
					f.set(func(f *fake) {
						a, b := f.objects[ids[0]], f.objects[ids[1]]
						a.fields["credential_group"] = b.fields["credential_group"]
						a.issued = b.issued
						f.touch(a)
					})
				},
				ConfigFile: file("genesys_audio_connector.tf"), ConfigVariables: apart, PlanOnly: true,
				ExpectNonEmptyPlan: true,
			},
			connectorStep(apart, nil, sameCredentials(false)...),
		)
	})
}

func TestGenesysCredentialGroupRulesTF17(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, group, rule string }{
		{"empty", "", "at least 1"},
		{"too long", strings.Repeat("g", 81), "1 to 80"},
		{"line break", "EU\n", "control characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var found string
			for _, d := range validate(t, "va_channel_genesys_audio_connector", map[string]tftypes.Value{
				"assistant_id":         str("asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"),
				"provider_application": str("shop"), "credential_group": str(tt.group),
			}) {
				require.Equal(t, tfprotov6.DiagnosticSeverityError, d.Severity)
				require.Contains(t, d.Attribute.String(), "credential_group")
				found += d.Detail
			}
			require.Contains(t, found, tt.rule)
		})
	}
}
