package provider

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/stretchr/testify/require"
)

const twilioAddress = "va_channel_twilio.main"

// Tokens of a Twilio account, as long as the gateway wants them.
var (
	twilioToken  = strings.Repeat("a1", 16)
	twilioToken2 = strings.Repeat("b2", 16)
)

func with(v config.Variables, more config.Variables) config.Variables {
	all := maps.Clone(v)
	maps.Copy(all, more)
	return all
}

func writeOnly(token string, version int) config.Variables {
	return config.Variables{
		"authentication_token_wo":         config.StringVariable(token),
		"authentication_token_wo_version": config.IntegerVariable(version),
	}
}

func TestTwilioStoredTokenTF01(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		first := vars("authentication_token", twilioToken)
		second := vars("authentication_token", twilioToken2)
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("twilio.tf"), ConfigVariables: first,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(twilioAddress, at("url"),
						knownvalue.StringRegexp(regexp.MustCompile(`/c/twilio/chn_`))),
					statecheck.ExpectKnownValue(twilioAddress, at("rotation_overlap"), knownvalue.StringExact("1h")),
					statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
					statecheck.ExpectKnownValue(twilioAddress, at("max_concurrent_calls"), knownvalue.Int64Exact(0)),
					statecheck.ExpectSensitiveValue(twilioAddress, at("authentication_token")),
				},
			},
			tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: first, PlanOnly: true},
			tf.TestStep{ResourceName: twilioAddress, ImportState: true, ImportStateVerify: true},
			tf.TestStep{
				ConfigFile: file("twilio.tf"), ConfigVariables: with(first, vars("application", "store")),
				ConfigPlanChecks: preApply(
					plancheck.ExpectResourceAction(twilioAddress, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
				),
			},
			tf.TestStep{
				ConfigFile:      file("twilio.tf"),
				ConfigVariables: with(first, config.Variables{"max_concurrent_calls": config.IntegerVariable(7)}),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(twilioAddress, at("max_concurrent_calls"), knownvalue.Int64Exact(7)),
					statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
				},
			},
			tf.TestStep{ResourceName: twilioAddress, ImportState: true, ImportStateVerify: true},
			tf.TestStep{
				ConfigFile: file("twilio.tf"), ConfigVariables: second,
				ConfigPlanChecks: preApply(
					plancheck.ExpectUnknownValue(twilioAddress, at("credentials_version")),
					plancheck.ExpectUnknownValue(twilioAddress, at("previous_credentials_expire_at")),
				),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(2)),
					statecheck.ExpectKnownValue(twilioAddress, at("previous_credentials_expire_at"), knownvalue.NotNull()),
				},
			},
			tf.TestStep{ // a rotation with the same token makes a new generation of it
				ConfigFile: file("twilio.tf"), ConfigVariables: with(second, vars("rotation", "one")),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(3)),
				},
			},
		)
	})
}

func TestTwilioWriteOnlyTokenTF06(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		null := func(name string) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(twilioAddress, at(name), knownvalue.Null())
		}
		version := func(n int64) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(n))
		}
		accept(t, on,
			tf.TestStep{
				ConfigFile: file("twilio.tf"), ConfigVariables: writeOnly(twilioToken, 1),
				ConfigStateChecks: []statecheck.StateCheck{
					null("authentication_token"), null("authentication_token_wo"), version(1),
				},
			},
			tf.TestStep{ // another value under the same version is not sent
				ConfigFile: file("twilio.tf"), ConfigVariables: writeOnly(twilioToken2, 1), PlanOnly: true,
			},
			tf.TestStep{
				ConfigFile:        file("twilio.tf"),
				ConfigVariables:   with(writeOnly(twilioToken2, 1), vars("application", "store")),
				ConfigStateChecks: []statecheck.StateCheck{version(1)},
			},
			tf.TestStep{
				ConfigFile: file("twilio.tf"), ConfigVariables: writeOnly(twilioToken2, 2),
				ConfigPlanChecks: preApply(plancheck.ExpectUnknownValue(twilioAddress, at("credentials_version"))),
				ConfigStateChecks: []statecheck.StateCheck{
					null("authentication_token"), null("authentication_token_wo"), version(2),
				},
			},
			tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: writeOnly(twilioToken2, 2), PlanOnly: true},
		)
	})
}

func TestTwilioWriteOnlyRequests(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	accept(t, f,
		tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: writeOnly(twilioToken, 1)},
		tf.TestStep{
			ConfigFile:      file("twilio.tf"),
			ConfigVariables: with(writeOnly(twilioToken, 1), vars("application", "store")),
		},
		tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: writeOnly(twilioToken2, 2)},
	)
	require.Empty(t, f.made("GET", "/credentials"))
	puts := f.made("PUT", "/twilio")
	require.Len(t, puts, 2)
	require.NotContains(t, puts[0].body, "authentication_token")
	require.Contains(t, puts[1].body, twilioToken2)
	require.Contains(t, puts[1].body, `"rotate_if_version":1`)
}

func TestTwilioImportWithWriteOnlyTokenTF03(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	v := writeOnly(twilioToken, 7)
	id := f.seedTwilio(t, twilioToken)
	accept(t, f,
		tf.TestStep{
			ConfigFile: file("twilio.tf"), ConfigVariables: v,
			ResourceName: twilioAddress, ImportState: true, ImportStatePersist: true, ImportStateId: id,
		},
		tf.TestStep{
			ConfigFile: file("twilio.tf"), ConfigVariables: v,
			ConfigPlanChecks: preApply(plancheck.ExpectResourceAction(twilioAddress, plancheck.ResourceActionUpdate)),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(twilioAddress, at("authentication_token"), knownvalue.Null()),
				statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(1)),
			},
		},
		tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: v, PlanOnly: true},
	)
}

// An API key is a second secret, which the channel may gain and lose.
func TestTwilioAPIKeyTF06(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		token := vars("authentication_token", twilioToken)
		account := with(token, vars("account_sid", "AC"+twilioToken, "region", "ie1", "edge", "dublin"))
		key := func(sid, secret string, version int) config.Variables {
			return with(account, config.Variables{
				"api_key_sid":               config.StringVariable("SK" + sid),
				"api_key_secret_wo":         config.StringVariable(secret),
				"api_key_secret_wo_version": config.IntegerVariable(version),
			})
		}
		version := func(n int64) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(twilioAddress, at("credentials_version"), knownvalue.Int64Exact(n))
		}
		media := func(v knownvalue.Check) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(twilioAddress, at("media_url"), v)
		}
		stream := knownvalue.StringRegexp(regexp.MustCompile(`^wss?://.*/c/twilio/chn_[0-9A-Z]{26}/media$`))
		step := func(v config.Variables, checks ...statecheck.StateCheck) tf.TestStep {
			return tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: v, ConfigStateChecks: checks}
		}
		unchanged := func(v config.Variables) tf.TestStep {
			return tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: v, PlanOnly: true}
		}
		rotating := step(key(twilioToken, twilioToken, 1), version(2), media(stream),
			statecheck.ExpectKnownValue(twilioAddress, at("api_key_secret_wo"), knownvalue.Null()))
		rotating.ConfigPlanChecks = preApply(
			plancheck.ExpectUnknownValue(twilioAddress, at("credentials_version")),
			plancheck.ExpectKnownValue(twilioAddress, at("media_url"), stream),
		)
		accept(t, on,
			step(token, version(1), media(knownvalue.Null())),
			step(account, version(1), media(stream)),
			unchanged(account),
			rotating,
			unchanged(key(twilioToken, twilioToken, 1)),
			step(key(twilioToken, twilioToken2, 2), version(3)),
			step(key(twilioToken2, twilioToken, 2), version(4)), // another key has another secret
			tf.TestStep{
				ResourceName: twilioAddress, ImportState: true, ImportStateVerify: true,
				ImportStateVerifyIgnore: []string{"api_key_secret_wo_version"},
			},
			step(account, version(5), media(stream)),
			unchanged(account),
			step(token, version(5), media(knownvalue.Null())),
		)
	})
}

func TestDeletionProtectionTF16(t *testing.T) {
	t.Parallel()
	onEveryTarget(t, func(t *testing.T, on target) {
		token := vars("authentication_token", twilioToken)
		protected := with(token, config.Variables{"deletion_protection": config.BoolVariable(true)})
		accept(t, on,
			tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: protected},
			tf.TestStep{
				ConfigFile: file("twilio.tf"), ConfigVariables: protected, Destroy: true,
				ExpectError: regexp.MustCompile(`deletion_protection`),
			},
			tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: token},
		)
	})
}
