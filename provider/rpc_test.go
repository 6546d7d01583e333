package provider

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// rpc speaks the plugin protocol to the provider, for what cannot be seen or
// timed through a Terraform binary.
type rpc struct {
	server   tfprotov6.ProviderServer
	typeName string
	object   tftypes.Object // of the resource
	provider tftypes.Object
}

func newRPC(t *testing.T, typeName string) *rpc {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(newTestProvider())()
	require.NoError(t, err)
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	require.NoError(t, err)
	object, ok := schemas.ResourceSchemas[typeName].ValueType().(tftypes.Object)
	require.True(t, ok)
	provider, ok := schemas.Provider.ValueType().(tftypes.Object)
	require.True(t, ok)
	return &rpc{server, typeName, object, provider}
}

func (r *rpc) configure(t *testing.T, values map[string]tftypes.Value) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := r.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		Config: dynamic(t, r.provider, objectOf(r.provider, values)),
	})
	require.NoError(t, err)
	return resp.Diagnostics
}

// plan plans a new resource. Write-only values are left out of the proposed
// state, as Terraform does.
func (r *rpc) plan(
	ctx context.Context, t *testing.T, values map[string]tftypes.Value, writeOnly ...string,
) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	proposed := maps.Clone(values)
	for _, name := range writeOnly {
		delete(proposed, name)
	}
	plan, err := r.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.typeName, PriorState: dynamic(t, r.object, tftypes.NewValue(r.object, nil)),
		Config:           dynamic(t, r.object, objectOf(r.object, values)),
		ProposedNewState: dynamic(t, r.object, objectOf(r.object, proposed)),
	})
	require.NoError(t, err)
	for _, d := range plan.Diagnostics {
		require.NotEqual(t, tfprotov6.DiagnosticSeverityError, d.Severity, d.Detail)
	}
	return plan
}

// create plans and applies a new resource.
func (r *rpc) create(
	ctx context.Context, t *testing.T, values map[string]tftypes.Value, writeOnly ...string,
) *tfprotov6.ApplyResourceChangeResponse {
	t.Helper()
	plan := r.plan(ctx, t, values, writeOnly...)
	resp, err := r.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.typeName, PriorState: dynamic(t, r.object, tftypes.NewValue(r.object, nil)),
		Config:       dynamic(t, r.object, objectOf(r.object, values)),
		PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate,
	})
	require.NoError(t, err)
	return resp
}

// state reads a string attribute of an answer.
func (r *rpc) state(t *testing.T, value *tfprotov6.DynamicValue, name string) string {
	t.Helper()
	raw, err := value.Unmarshal(r.object)
	require.NoError(t, err)
	var members map[string]tftypes.Value
	require.NoError(t, raw.As(&members))
	var s *string
	require.NoError(t, members[name].As(&s))
	if s == nil {
		return ""
	}
	return *s
}

func str(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

// objectOf is an object with the given members; the others are null.
func objectOf(object tftypes.Object, values map[string]tftypes.Value) tftypes.Value {
	all := map[string]tftypes.Value{}
	for name, attributeType := range object.AttributeTypes {
		all[name] = tftypes.NewValue(attributeType, nil)
		if v, given := values[name]; given {
			all[name] = v
		}
	}
	return tftypes.NewValue(object, all)
}

func dynamic(t *testing.T, object tftypes.Object, value tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	raw, err := tfprotov6.NewDynamicValue(object, value)
	require.NoError(t, err)
	return &raw
}

func (f *fake) provider() map[string]tftypes.Value {
	return map[string]tftypes.Value{"endpoint": str(f.url), "token": str(fakeToken)}
}

func TestInterruptTF16(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	r := newRPC(t, "va_assistant")
	require.Empty(t, r.configure(t, f.provider()))
	ctx, cancel := context.WithCancel(t.Context())
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	f.before = func(_ http.ResponseWriter, r request) bool {
		if r.method != http.MethodPost || r.dry() {
			return false
		}
		cancel()
		<-released
		return true
	}
	start := time.Now()
	resp := r.create(ctx, t, map[string]tftypes.Value{"name": str("support")})
	require.Less(t, time.Since(start), 10*time.Second, "requests are cancelled at once, not repeated")
	require.Len(t, resp.Diagnostics, 2)
	require.Equal(t, "Cannot create the assistant", resp.Diagnostics[0].Summary)
	require.Equal(t, "The assistant may exist", resp.Diagnostics[1].Summary)
	id := r.state(t, resp.NewState, "id")
	require.True(t, api.ValidID(api.PrefixAssistant, id), "what may exist is in state")
	require.Contains(t, resp.Diagnostics[1].Detail, id)
	require.Len(t, f.made(http.MethodPost, ""), 1)
}

func TestLogsHoldNoSecretTF18(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var log bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &log)
	assistants := newRPC(t, "va_assistant")
	require.Empty(t, assistants.configure(t, f.provider()))
	assistant := assistants.create(ctx, t, map[string]tftypes.Value{"name": str("support")})
	require.Empty(t, assistant.Diagnostics)

	channels := newRPC(t, "va_channel_twilio")
	require.Empty(t, channels.configure(t, f.provider()))
	resp := channels.create(ctx, t, map[string]tftypes.Value{
		"assistant_id":                    str(assistants.state(t, assistant.NewState, "id")),
		"provider_application":            str("shop"),
		"authentication_token_wo":         str(plantedSecret),
		"authentication_token_wo_version": tftypes.NewValue(tftypes.Number, 1),
	}, "authentication_token_wo")
	require.Empty(t, resp.Diagnostics)
	require.Contains(t, f.made(http.MethodPost, "/twilio")[0].body, plantedSecret, "it was sent")
	require.NotEmpty(t, log.String())
	for _, secret := range []string{plantedSecret, fakeToken} {
		require.NotContains(t, log.String(), secret)
		require.NotContains(t, string(resp.NewState.MsgPack), secret)
		require.NotContains(t, string(resp.Private), secret)
	}
}

func TestLiveAgentWarning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fallback, number string
		warned                 bool
	}{
		{"nobody to fall back to", api.FallbackLiveAgent, "", true},
		{"a live agent", api.FallbackLiveAgent, "+14155550123", false},
		{"no fallback to a live agent", api.FallbackEndCall, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			assistants := newRPC(t, "va_assistant")
			require.Empty(t, assistants.configure(t, f.provider()))
			assistant := assistants.create(t.Context(), t, map[string]tftypes.Value{
				"name": str("support"), "fallback": str(tt.fallback),
			})
			channels := newRPC(t, "va_channel_twilio")
			require.Empty(t, channels.configure(t, f.provider()))
			values := map[string]tftypes.Value{
				"assistant_id":         str(assistants.state(t, assistant.NewState, "id")),
				"provider_application": str("shop"), "authentication_token": str(twilioToken),
			}
			if tt.number != "" {
				values["phone_number_to_live_agent"] = str(tt.number)
			}
			var summaries []string
			for _, d := range channels.plan(t.Context(), t, values).Diagnostics {
				summaries = append(summaries, d.Summary)
			}
			if tt.warned {
				require.Equal(t, []string{"No live agent to fall back to"}, summaries)
			} else {
				require.Empty(t, summaries)
			}
		})
	}
}
