package provider

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	tf "github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// gateway is the whole gateway in this process, as a target.
type gateway struct{ *gatewaytest.Gateway }

func startGateway(t *testing.T) target { return gateway{gatewaytest.Start(t)} }

func (g gateway) endpoint() string { return g.AdminURL }
func (g gateway) token() string    { return g.Token }

// channel is the only channel of the gateway.
func (g gateway) channel(ctx context.Context) (api.TwilioChannel, error) {
	all, err := api.List[api.TwilioChannel](ctx, g.Client, "/v1/channels/twilio")
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("%d channels", len(all))
	}
	if err != nil {
		return api.TwilioChannel{}, err
	}
	return all[0], nil
}

// audit is the whole audit log.
func (g gateway) audit(ctx context.Context) ([]api.AuditEntry, error) {
	return api.List[api.AuditEntry](ctx, g.Client, "/v1/audit")
}

// calls is a check of a step: which tokens a call signed with them gets
// through with after the apply.
type calls struct {
	t                 *testing.T
	on                gateway
	answered, refused []string
}

// CheckState implements statecheck.StateCheck; it looks at calls, not at state.
func (c calls) CheckState(ctx context.Context, _ statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	channel, err := c.on.channel(ctx)
	if err != nil {
		resp.Error = err
		return
	}
	call := func(token string) error {
		return c.on.PlaceCall(c.t, channel.ID, map[string]string{"authentication_token": token})
	}
	for _, token := range c.answered {
		if err := call(token); err != nil {
			resp.Error = errors.Join(resp.Error, fmt.Errorf("token %.2s…: %w", token, err))
		}
	}
	for _, token := range c.refused {
		if call(token) == nil {
			resp.Error = errors.Join(resp.Error, fmt.Errorf("a call with the token %.2s… was answered", token))
		}
	}
	var last api.Page[api.Refusal]
	if err := c.on.Client.Get(ctx, "/v1/channels/"+channel.ID+"/refusals", &last); err != nil {
		resp.Error = errors.Join(resp.Error, err)
	}
	if len(last.Items) < len(c.refused) {
		resp.Error = errors.Join(resp.Error, fmt.Errorf("%d refusals are known", len(last.Items)))
	}
	for _, r := range last.Items {
		if r.Reason != "signature_mismatch" {
			resp.Error = errors.Join(resp.Error, fmt.Errorf("refused for %s, not for its signature", r.Reason))
		}
	}
}

// TestRotationKeepsCallsTF04 rotates through Terraform and calls: while the
// overlap lasts with both tokens, without an overlap with the new one alone.
func TestRotationKeepsCallsTF04(t *testing.T) {
	t.Parallel()
	const (
		third = "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
		never = "e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5"
	)
	for overlap, both := range map[string]bool{"1h": true, "0s": false} {
		t.Run(overlap, func(t *testing.T) {
			t.Parallel()
			on := gateway{gatewaytest.Start(t)}
			v := vars("rotation_overlap", overlap)
			after := func(old, current string) []statecheck.StateCheck {
				c := calls{t: t, on: on, answered: []string{current}, refused: []string{never}}
				switch {
				case old == "":
				case both:
					c.answered = append(c.answered, old)
				default:
					c.refused = append(c.refused, old)
				}
				return []statecheck.StateCheck{c}
			}
			step := func(v config.Variables, old, current string) tf.TestStep {
				return tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: v, ConfigStateChecks: after(old, current)}
			}
			accept(t, on,
				step(with(v, writeOnly(twilioToken, 1)), "", twilioToken),
				// Another token under a higher version.
				step(with(v, writeOnly(twilioToken2, 2)), twilioToken, twilioToken2),
				// Another token because of what rotate_when_changed holds.
				step(with(with(v, writeOnly(third, 2)), vars("rotation", "one")), twilioToken2, third),
				// A rotation that brings the same token cuts nobody off.
				step(with(with(v, writeOnly(third, 2)), vars("rotation", "two")), "", third),
			)
			for _, secret := range []string{twilioToken, twilioToken2, third, on.Token} {
				require.NotContains(t, on.Log(), secret)
			}
		})
	}
}

// TestCredentialReadsAreAuditedSEC02: a refresh without a change reads no
// secret, an import reads each once, and the audit log says who did.
func TestCredentialReadsAreAuditedSEC02(t *testing.T) {
	t.Parallel()
	on := gateway{gatewaytest.Start(t)}
	reads := func(want int) func() {
		return func() {
			audit, err := on.audit(t.Context())
			require.NoError(t, err)
			n := 0
			for _, entry := range audit {
				if entry.Action == "credentials.read" {
					n++
				}
			}
			require.Equal(t, want, n)
		}
	}
	// The answer that creates a channel holds its secrets, and is audited as a read.
	v := vars("authentication_token", twilioToken)
	accept(t, on,
		tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: v},
		tf.TestStep{PreConfig: reads(1), ConfigFile: file("twilio.tf"), ConfigVariables: v, PlanOnly: true},
		tf.TestStep{PreConfig: reads(1), ResourceName: twilioAddress, ImportState: true, ImportStateVerify: true},
		tf.TestStep{PreConfig: reads(2), ConfigFile: file("twilio.tf"), ConfigVariables: v, PlanOnly: true},
	)
	reads(2)()
}

// TestImportedSecretsPlaceCallsSEC01: the platform's side works with the secret
// that an import reads back, before and after a rotation.
func TestImportedSecretsPlaceCallsSEC01(t *testing.T) {
	t.Parallel()
	on := gateway{gatewaytest.Start(t)}
	imported := func(token string) tf.TestStep {
		return tf.TestStep{
			ResourceName: twilioAddress, ImportState: true, ImportStateVerify: true,
			ImportStateCheck: func(states []*terraform.InstanceState) error {
				read := states[0].Attributes["authentication_token"]
				require.Equal(t, token, read)
				return on.PlaceCall(t, states[0].ID, map[string]string{"authentication_token": read})
			},
		}
	}
	accept(t, on,
		tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: vars("authentication_token", twilioToken)},
		imported(twilioToken),
		tf.TestStep{ConfigFile: file("twilio.tf"), ConfigVariables: vars("authentication_token", twilioToken2)},
		imported(twilioToken2),
	)
}

// TestForeignChannelsKeepTheAssistantTF16 destroys an assistant on which
// somebody else has made a channel since.
func TestForeignChannelsKeepTheAssistantTF16(t *testing.T) {
	t.Parallel()
	on := gateway{gatewaytest.Start(t)}
	id := api.PrefixChannel + ulid.Make().String()
	foreign := func() {
		assistants, err := api.List[api.Assistant](t.Context(), on.Client, "/v1/assistants")
		require.NoError(t, err)
		require.Len(t, assistants, 1)
		in := api.TwilioChannel{AuthenticationToken: twilioToken}
		in.AssistantID, in.ProviderApplication = assistants[0].ID, "elsewhere"
		require.NoError(t, on.Client.Post(t.Context(), "/v1/channels/twilio", in, nil,
			api.Write{Key: id[len(api.PrefixChannel):]}))
	}
	accept(t, on,
		tf.TestStep{ConfigFile: file("assistant_minimal.tf")},
		tf.TestStep{
			PreConfig: foreign, ConfigFile: file("assistant_minimal.tf"), Destroy: true,
			ExpectError: regexp.MustCompile(`Cannot delete the assistant(?s:.*)` + id),
		},
		tf.TestStep{ // the assistant is there, in state and at the gateway
			ConfigFile: file("assistant_minimal.tf"),
			ConfigPlanChecks: preApply(
				plancheck.ExpectResourceAction(assistantAddress, plancheck.ResourceActionNoop),
			),
		},
		tf.TestStep{
			PreConfig: func() {
				require.NoError(t, on.Client.Delete(t.Context(), "/v1/channels/"+id, api.Write{IfMatch: "*"}))
			},
			ConfigFile: file("assistant_minimal.tf"), Destroy: true,
		},
	)
}
