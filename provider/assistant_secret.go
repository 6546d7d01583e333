package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// secretAttribute is a secret of an engine or a tool: name and the attribute of
// secretVersionAttribute stand in one object.
func secretAttribute(what, name string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Sensitive: true, WriteOnly: true,
		Validators: append(notEmpty(), stringvalidator.AlsoRequires(
			path.MatchRelative().AtParent().AtName(name+"_version"))),
		MarkdownDescription: fmt.Sprintf("%s, at most %d printable ASCII characters; never in state or plan, and sealed at "+
			"the gateway. It is sent on create, and again when `%s_version` changes.", what, api.MaxEngineKey, name),
	}
}

// secretVersionAttribute is the version of a secretAttribute.
func secretVersionAttribute(name string) schema.Attribute {
	return schema.Int64Attribute{
		Optional:   true,
		Validators: []validator.Int64{int64validator.AtLeast(1)},
		MarkdownDescription: fmt.Sprintf("Raise it to send `%s` again; without it, the gateway keeps none. Calls that are "+
			"running end with the secret they began with.", name),
	}
}

// assistantResource is the resource of assistants: an objectResource that sends
// a secret only when its version changes.
type assistantResource struct {
	objectResource[assistantModel, *api.Assistant, *assistantModel]
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *assistantResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() || settle(r.kind.schema(ctx), req, resp) {
		return
	}
	var state *assistantModel
	if !req.State.Raw.IsNull() {
		state = &assistantModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.dryRun(ctx, req, func(
		ctx context.Context, plan, config *assistantModel,
	) (*api.Assistant, diag.Diagnostics) {
		return assistantRequest(ctx, plan, config, state)
	})...)
}

// Update implements resource.Resource.
func (r *assistantResource) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	_ = r.update(ctx, req, resp, updateSteps[assistantModel, *api.Assistant, *assistantModel]{body: assistantRequest})
}

// assistantRequest makes a request with the secrets whose version differs from
// that in state, which is nil for a create.
func assistantRequest(ctx context.Context, plan, config, state *assistantModel) (*api.Assistant, diag.Diagnostics) {
	body, diags := plan.toAPI(ctx, config)
	known := map[string]int64{}
	if state != nil {
		before, more := state.toAPI(ctx, nil)
		diags.Append(more...)
		for _, s := range before.Secrets() {
			known[s.Field] = s.Version
		}
	}
	for _, s := range body.Secrets() {
		if s.Version != 0 && s.Version == known[s.Field] {
			*s.Value = ""
		}
	}
	return body, diags
}

// newInteger is null for 0, which no range of this provider includes.
func newInteger(n int64) types.Int64 {
	if n == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(n)
}

// newFlag is null for false, unless prior is false: the gateway does not tell
// "absent" from "false".
func newFlag(b bool, prior types.Bool) types.Bool {
	if !b && (prior.IsNull() || prior.IsUnknown() || prior.ValueBool()) {
		return types.BoolNull()
	}
	return types.BoolValue(b)
}
