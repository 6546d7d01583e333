package provider

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

const threeCLogicAddress = "va_channel_3clogic.main"

// The channel on a whole gateway: create, empty plan, change, rotate, import.
func TestThreeCLogicTF01(t *testing.T) {
	t.Parallel()
	is := func(name string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(threeCLogicAddress, at(name), value)
	}
	like := func(form string) knownvalue.Check { return knownvalue.StringRegexp(regexp.MustCompile(form)) }
	only := func(values ...string) knownvalue.Check {
		var checks []knownvalue.Check
		for _, v := range values {
			checks = append(checks, knownvalue.StringExact(v))
		}
		return knownvalue.SetExact(checks)
	}
	rotated := vars("rotation", "1")
	changed := with(rotated, config.Variables{
		"protocol":     config.StringVariable("audiocodes"),
		"auth_methods": config.SetVariable(config.StringVariable("headers"), config.StringVariable("bearer")),
	})
	accept(t, startGateway(t),
		tf.TestStep{
			ConfigFile: file("3clogic.tf"),
			ConfigStateChecks: []statecheck.StateCheck{
				is("url", like(`^ws://.*/c/3clogic/chn_[0-9A-Z]{26}$`)),
				is("token_url", like(`/oauth2/token$`)),
				is("client_id", like(`^va_cl_[0-9A-Z]{26}$`)),
				is("client_secret", like(`^vas_`)),
				is("outcome_url_template", like(`/call-contexts/\{correlation_id\}/outcome$`)),
				is("scopes", only("context:read", "stream:connect")),
				is("auth_methods", only("basic", "bearer")),
				is("protocol", knownvalue.StringExact("auto")),
				is("credentials_version", knownvalue.Int64Exact(1)),
				statecheck.ExpectSensitiveValue(threeCLogicAddress, at("client_secret")),
			},
		},
		tf.TestStep{ConfigFile: file("3clogic.tf"), PlanOnly: true},
		tf.TestStep{ResourceName: threeCLogicAddress, ImportState: true, ImportStateVerify: true},
		tf.TestStep{
			ConfigFile: file("3clogic.tf"), ConfigVariables: rotated,
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(threeCLogicAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectUnknownValue(threeCLogicAddress, at("client_secret")),
				plancheck.ExpectUnknownValue(threeCLogicAddress, at("credentials_version")),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				is("credentials_version", knownvalue.Int64Exact(2)),
				is("previous_credentials_expire_at", knownvalue.NotNull()),
			},
		},
		tf.TestStep{
			ConfigFile: file("3clogic.tf"), ConfigVariables: changed,
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(threeCLogicAddress, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(threeCLogicAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				is("protocol", knownvalue.StringExact("audiocodes")),
				is("auth_methods", only("bearer", "headers")),
			},
		},
		tf.TestStep{ConfigFile: file("3clogic.tf"), ConfigVariables: changed, PlanOnly: true},
	)
}
