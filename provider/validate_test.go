package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/stretchr/testify/require"
)

// validate runs the validation of one resource's configuration, as Terraform
// asks for it, without any gateway. It gives the diagnostics.
func validate(t *testing.T, typeName string, values map[string]tftypes.Value) []*tfprotov6.Diagnostic {
	t.Helper()
	r := newRPC(t, typeName)
	resp, err := r.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typeName, Config: dynamic(t, r.object, objectOf(r.object, values)),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	require.NoError(t, err)
	return resp.Diagnostics
}

func TestHostileInputTF17(t *testing.T) {
	t.Parallel()
	const asst = "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	channel := func(name, value string) map[string]tftypes.Value {
		values := map[string]tftypes.Value{
			"assistant_id": str(asst), "provider_application": str("shop"), "authentication_token": str(twilioToken),
		}
		values[name] = str(value)
		return values
	}
	assistant := func(name, value string) map[string]tftypes.Value {
		return map[string]tftypes.Value{"name": str("support"), name: str(value)}
	}
	const twilio, asstType = "va_channel_twilio", "va_assistant"
	tests := []struct {
		name, resource, attribute, value, rule string
	}{
		{"number without plus", twilio, "phone_number_to_live_agent", "14155550123", "E.164"},
		{"number too long", twilio, "phone_number_to_live_agent", "+1234567890123456", "E.164"},
		{"parameter", twilio, "phone_number_to_live_agent", "sip:desk@example.com;transport=tcp", "without parameters"},
		{"SIP header", twilio, "phone_number_to_live_agent", "sip:desk@example.com?h=1", "without parameters"},
		{"line break", twilio, "phone_number_to_live_agent", "sip:desk@example.com\r\nX: y", "without parameters"},
		{"non-ASCII host", twilio, "phone_number_to_live_agent", "sip:desk@exämple.com", "without parameters"},
		{"257 characters", twilio, "phone_number_to_live_agent", "sip:a@" + strings.Repeat("a", 251), "more than 255"},
		{"id of another kind", twilio, "assistant_id", "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N", "not the id of an assistant"},
		{"id with a path", twilio, "assistant_id", asst + "/../x", "not the id of an assistant"},
		{"no application", twilio, "provider_application", "", "1 to 80"},
		{"empty name", twilio, "name", "", "at least 1"},
		{"81 characters of name", twilio, "name", strings.Repeat("n", 81), "1 to 80"},
		{"overlap too long", twilio, "rotation_overlap", "721h", "0s to 720h"},
		{"overlap that is none", twilio, "rotation_overlap", "soon", "not a duration"},
		{"negative overlap", twilio, "rotation_overlap", "-1h", "negative"},
		{"short token", twilio, "authentication_token", "short", "32 to 512"},
		{"greeting of 1001 characters", asstType, "greeting", strings.Repeat("ä", 1001), "between 1 and 1000"},
		{"call too long", asstType, "max_call_duration", "5h", "1m to 4h"},
		{"call too short", asstType, "max_call_duration", "59s", "1m to 4h"},
		{"inactivity too short", asstType, "inactivity_timeout", "1s", "5s to 5m"},
		{"language", asstType, "language", "english please", "BCP 47"},
		{"fallback", asstType, "fallback", "voicemail", "live_agent"},
		{"greeting mode that the engine cannot do", asstType, "greeting_mode", "generated", "generated needs a model"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values := assistant(tt.attribute, tt.value)
			if tt.resource == twilio {
				values = channel(tt.attribute, tt.value)
			}
			var found []string
			for _, d := range validate(t, tt.resource, values) {
				if d.Severity != tfprotov6.DiagnosticSeverityError {
					continue
				}
				require.NotNil(t, d.Attribute, d.Detail)
				require.Contains(t, d.Attribute.String(), tt.attribute)
				found = append(found, d.Detail)
				require.LessOrEqual(t, len(d.Detail), maxText*2)
			}
			require.NotEmpty(t, found, "refused at plan")
			require.Contains(t, strings.Join(found, "\n"), tt.rule)
			if tt.attribute == "authentication_token" {
				require.NotContains(t, strings.Join(found, "\n"), `"short"`, "never the value of a secret")
			}
		})
	}
}

// What belongs together is checked before anything is sent, both ways.
func TestTwilioAttributesThatBelongTogether(t *testing.T) {
	t.Parallel()
	one := tftypes.NewValue(tftypes.Number, 1)
	account, key, secret := str("AC"+twilioToken), str("SK"+twilioToken), str(twilioToken2)
	for _, tt := range []struct {
		name   string
		values map[string]tftypes.Value
		at     []string
	}{
		{"everything", map[string]tftypes.Value{
			"account_sid": account, "api_key_sid": key, "api_key_secret_wo": secret, "api_key_secret_wo_version": one,
			"region": str("au1"), "edge": str("sydney"),
		}, nil},
		{"account alone", map[string]tftypes.Value{"account_sid": account}, nil},
		{"key without account", map[string]tftypes.Value{
			"api_key_sid": key, "api_key_secret_wo": secret, "api_key_secret_wo_version": one,
		}, []string{"api_key_sid"}},
		{"key without secret", map[string]tftypes.Value{
			"account_sid": account, "api_key_sid": key,
		}, []string{"api_key_sid"}},
		{"secret without key", map[string]tftypes.Value{
			"account_sid": account, "api_key_secret_wo": secret, "api_key_secret_wo_version": one,
		}, []string{"api_key_secret_wo"}},
		{"secret without version", map[string]tftypes.Value{
			"account_sid": account, "api_key_sid": key, "api_key_secret_wo": secret,
		}, []string{"api_key_secret_wo"}},
		{"version without secret", map[string]tftypes.Value{
			"account_sid": account, "api_key_secret_wo_version": one,
		}, []string{"api_key_secret_wo_version", "api_key_secret_wo"}},
		{"region without edge", map[string]tftypes.Value{"region": str("ie1")}, []string{"region"}},
		{"edge without region", map[string]tftypes.Value{"edge": str("dublin")}, []string{"edge"}},
		{"account of another form", map[string]tftypes.Value{"account_sid": key}, []string{"account_sid"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.values["assistant_id"] = str("asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N")
			tt.values["provider_application"], tt.values["authentication_token"] = str("shop"), str(twilioToken)
			at := map[string]bool{}
			for _, d := range validate(t, "va_channel_twilio", tt.values) {
				if d.Severity != tfprotov6.DiagnosticSeverityError {
					continue
				}
				require.NotContains(t, d.Detail, twilioToken2, "never the value of a secret")
				name, ok := d.Attribute.LastStep().(tftypes.AttributeName)
				require.True(t, ok)
				at[string(name)] = true
			}
			require.ElementsMatch(t, tt.at, slices.Collect(maps.Keys(at)))
		})
	}
}

func TestRangeOfMaxConcurrentCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		n    int
		ok   bool
	}{{"none", 0, true}, {"most", 100000, true}, {"negative", -1, false}, {"too many", 100001, false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found := validate(t, "va_channel_twilio", map[string]tftypes.Value{
				"assistant_id":         str("asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"),
				"provider_application": str("shop"), "authentication_token": str(twilioToken),
				"max_concurrent_calls": tftypes.NewValue(tftypes.Number, tt.n),
			})
			found = slices.DeleteFunc(found, func(d *tfprotov6.Diagnostic) bool {
				return d.Severity != tfprotov6.DiagnosticSeverityError
			})
			if tt.ok {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Contains(t, found[0].Attribute.String(), "max_concurrent_calls")
			require.Contains(t, found[0].Detail, "0 to 100000")
		})
	}
}

func TestValidConfigurations(t *testing.T) {
	t.Parallel()
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	tests := []struct {
		name, resource string
		values         map[string]tftypes.Value
	}{
		{"assistant", "va_assistant", map[string]tftypes.Value{"name": str("support")}},
		{"assistant with nothing known", "va_assistant", map[string]tftypes.Value{
			"name": unknown, "greeting": unknown, "max_call_duration": unknown, "language": unknown,
			"tags":      tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, tftypes.UnknownValue),
			"variables": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue),
		}},
		{"channel of an assistant to be made", "va_channel_twilio", map[string]tftypes.Value{
			"assistant_id": unknown, "provider_application": unknown, "authentication_token": unknown,
			"phone_number_to_live_agent": unknown, "rotation_overlap": unknown,
		}},
		{"write-only token", "va_channel_twilio", map[string]tftypes.Value{
			"assistant_id": unknown, "provider_application": str("shop"), "authentication_token_wo": unknown,
			"authentication_token_wo_version": tftypes.NewValue(tftypes.Number, 1),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, d := range validate(t, tt.resource, tt.values) {
				require.NotEqual(t, tfprotov6.DiagnosticSeverityError, d.Severity, d.Detail)
			}
		})
	}
}

func TestTokenForms(t *testing.T) {
	t.Parallel()
	version := tftypes.NewValue(tftypes.Number, 1)
	tests := []struct {
		name   string
		values map[string]tftypes.Value
		rule   string
	}{
		{"none", nil, "only one"},
		{"both", map[string]tftypes.Value{
			"authentication_token": str(twilioToken), "authentication_token_wo": str(twilioToken),
			"authentication_token_wo_version": version,
		}, "only one"},
		{"version alone", map[string]tftypes.Value{
			"authentication_token": str(twilioToken), "authentication_token_wo_version": version,
		}, "authentication_token_wo"},
		{
			"value without version",
			map[string]tftypes.Value{"authentication_token_wo": str(twilioToken)},
			"authentication_token_wo_version",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values := map[string]tftypes.Value{
				"assistant_id": str("asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"), "provider_application": str("shop"),
			}
			for k, v := range tt.values {
				values[k] = v
			}
			var text string
			for _, d := range validate(t, "va_channel_twilio", values) {
				if d.Severity == tfprotov6.DiagnosticSeverityError {
					text += strings.ToLower(d.Summary + d.Detail)
				}
			}
			require.Contains(t, text, tt.rule)
			require.NotContains(t, text, twilioToken)
		})
	}
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	const secret = "a token with spaces"
	tests := []struct {
		name      string
		values    map[string]tftypes.Value
		attribute string
		text      string
	}{
		{"nothing", nil, "endpoint", "VA_ENDPOINT"},
		{"no token", map[string]tftypes.Value{"endpoint": str("http://127.0.0.1:1")}, "token", "VA_TOKEN"},
		{"endpoint not known yet", map[string]tftypes.Value{
			"endpoint": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "token": str(fakeToken),
		}, "endpoint", "Apply the gateway first"},
		{
			"endpoint without scheme",
			map[string]tftypes.Value{"endpoint": str("127.0.0.1:8081"), "token": str(fakeToken)},
			"endpoint", "not an http or https URL",
		},
		{
			"password in endpoint",
			map[string]tftypes.Value{"endpoint": str("http://u:hunter2@host"), "token": str(fakeToken)},
			"endpoint", "scheme, host, port",
		},
		{
			"token",
			map[string]tftypes.Value{"endpoint": str("http://127.0.0.1:1"), "token": str(secret)},
			"token", "printable ASCII",
		},
		{"certificate", map[string]tftypes.Value{
			"endpoint": str("https://127.0.0.1:1"), "token": str(fakeToken), "ca_certificate_pem": str("none"),
		}, "ca_certificate_pem", "no PEM certificate"},
		{"no time", map[string]tftypes.Value{
			"endpoint": str("https://127.0.0.1:1"), "token": str(fakeToken), "request_timeout": str("0s"),
		}, "request_timeout", "no time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			diags := newRPC(t, "va_assistant").configure(t, tt.values)
			require.NotEmpty(t, diags)
			var text string
			for _, d := range diags {
				if strings.Contains(d.Attribute.String(), tt.attribute) {
					text += d.Detail
				}
				require.NotContains(t, d.Detail, secret)
				require.NotContains(t, d.Detail, "hunter2")
			}
			require.Contains(t, text, tt.text)
		})
	}
	require.Empty(t, newRPC(t, "va_assistant").configure(t, map[string]tftypes.Value{
		"endpoint": str("http://127.0.0.1:1"), "token": str(fakeToken), "request_timeout": str("5s"),
	}))
}
