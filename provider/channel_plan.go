package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// ModifyPlan implements resource.ResourceWithModifyPlan. The credentials are
// unknown exactly when they change, so that what consumes them is updated in
// the same apply, and only then.
func (r *channelResource[M, B, P]) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() || settle(r.kind.schema(ctx), req, resp) {
		return
	}
	plan := P(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	var state P
	if !req.State.Raw.IsNull() {
		state = P(new(M))
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	change := credentialChange{send: true}
	if state != nil {
		change = credentialChangeOf(plan, state, flagged(ctx, req.Private, privateAdopt))
	}
	for name, value := range r.plannedCredentials(plan, state, change) {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(r.dryRun(ctx, req, func(ctx context.Context, plan, config P) (B, diag.Diagnostics) {
		if !change.send {
			config = nil
		}
		return plan.toAPI(ctx, config)
	})...)
	resp.Diagnostics.Append(r.checkLiveAgent(ctx, plan)...)
}

// plannedCredentials gives the planned value of every generated credential
// attribute. State is nil for a create.
func (r *channelResource[M, B, P]) plannedCredentials(
	plan, state P, change credentialChange,
) map[string]attr.Value {
	values := map[string]attr.Value{}
	inState := plan.common().CredentialsInState
	if state != nil && !change.rotate && !change.send && !change.move {
		values["credentials_version"] = state.common().CredentialsVersion
		values["previous_credentials_expire_at"] = state.common().PreviousCredentialsExpireAt
	}
	for name := range plan.secrets() {
		if !r.generated(name) {
			continue
		}
		switch {
		case !inState.IsUnknown() && !inState.ValueBool():
			values[name] = types.StringNull()
		case state == nil, change.rotate, change.move, !inState.Equal(state.common().CredentialsInState):
			values[name] = types.StringUnknown()
		default:
			values[name] = *state.secrets()[name]
		}
	}
	return values
}

// checkLiveAgent warns when the assistant of a changed channel falls back to a
// live agent whom this channel cannot reach. It needs a known assistant, and a
// gateway that answers; without them it says nothing.
func (r *channelResource[M, B, P]) checkLiveAgent(ctx context.Context, plan P) diag.Diagnostics {
	target, ok := any(plan).(liveAgentTarget)
	id := plan.common().AssistantID
	if !ok || !target.lacksLiveAgent() || r.conn == nil || r.conn.validationDown.Load() ||
		!api.ValidID(api.PrefixAssistant, id.ValueString()) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, validationTimeout)
	defer cancel()
	var assistant *api.Assistant
	if err := r.conn.client.Get(ctx, "/v1/assistants/"+id.ValueString(), &assistant); err != nil || assistant == nil {
		return nil // not worth a word: the dry run has asked the same gateway
	}
	if assistant.Fallback != api.FallbackLiveAgent {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("assistant_id"), "No live agent to fall back to",
		fmt.Sprintf("The assistant has fallback = %q, but this %s names no live agent: such calls end instead.",
			api.FallbackLiveAgent, r.kind.noun))}
}
