package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func engineToAPI(ctx context.Context, o types.Object) (*api.Engine, diag.Diagnostics) {
	var m engineModel
	diags := o.As(ctx, &m, unfinished)
	var more diag.Diagnostics
	e := &api.Engine{}
	if !m.Scripted.IsNull() {
		var s scriptedModel
		diags.Append(m.Scripted.As(ctx, &s, unfinished)...)
		e.Scripted = &api.ScriptedEngine{
			ScriptJSON: s.ScriptJSON.ValueString(), TTS: s.TTS.ValueString(), STT: s.STT.ValueString(),
		}
	}
	if !m.OpenAIRealtime.IsNull() {
		e.OpenAIRealtime, more = openAIRealtimeToAPI(ctx, m.OpenAIRealtime)
		diags.Append(more...)
	}
	if !m.MediaStream.IsNull() {
		e.MediaStream, more = mediaStreamToAPI(ctx, m.MediaStream)
		diags.Append(more...)
	}
	if !m.ConversationRelay.IsNull() {
		e.ConversationRelay, more = conversationRelayToAPI(ctx, m.ConversationRelay)
		diags.Append(more...)
	}
	return e, diags
}

func newEngine(ctx context.Context, e *api.Engine, prior types.Object) (types.Object, diag.Diagnostics) {
	if e == nil {
		return types.ObjectNull(engineTypes), nil
	}
	var before, m engineModel
	diags := prior.As(ctx, &before, unfinished)
	var more diag.Diagnostics
	m.Scripted = types.ObjectNull(scriptedTypes)
	if s := e.Scripted; s != nil {
		m.Scripted, more = types.ObjectValueFrom(ctx, scriptedTypes, scriptedModel{
			ScriptJSON: newText(s.ScriptJSON), TTS: newText(s.TTS), STT: newText(s.STT),
		})
		diags.Append(more...)
	}
	m.OpenAIRealtime, more = newOpenAIRealtime(ctx, e.OpenAIRealtime, before.OpenAIRealtime)
	diags.Append(more...)
	m.MediaStream, more = newMediaStream(ctx, e.MediaStream, before.MediaStream)
	diags.Append(more...)
	m.ConversationRelay, more = newConversationRelay(ctx, e.ConversationRelay, before.ConversationRelay)
	diags.Append(more...)
	object, more := types.ObjectValueFrom(ctx, engineTypes, m)
	return object, append(diags, more...)
}

// insecureAttribute permits addresses with a scheme that is not encrypted.
func insecureAttribute(scheme string) schema.Attribute {
	return schema.BoolAttribute{
		Optional: true,
		MarkdownDescription: "Permit an unencrypted `" + scheme + "://` address, which must also lie in the gateway's " +
			"`VA_OUTBOUND_ALLOW_CIDRS`. Default `false`.",
	}
}

// addSecrets takes the secrets of a request from the configuration: plan and
// state hold none.
func addSecrets(ctx context.Context, a *api.Assistant, config *assistantModel) diag.Diagnostics {
	configured, diags := config.toAPI(ctx, nil)
	given := map[string]string{}
	for _, s := range configured.Secrets() {
		given[s.Field] = *s.Value
	}
	for _, s := range a.Secrets() {
		*s.Value = given[s.Field]
	}
	return diags
}
