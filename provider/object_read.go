package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// Read implements resource.Resource.
func (r *objectResource[M, B, P]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	r.read(ctx, req, resp, nil)
}

// read brings the state up to date; finish, if any, completes the model, which
// holds the answer, from prior, the state as it was.
func (r *objectResource[M, B, P]) read(
	ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse,
	finish func(ctx context.Context, model, prior P, answer B) diag.Diagnostics,
) {
	var id types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &id)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, id)...)
	model, prior := P(new(M)), P(new(M))
	resp.Diagnostics.Append(req.State.Get(ctx, model)...)
	resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	limit, diags := model.base().Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	var answer B
	var tag string
	err := r.conn.bulkOf(r.kind.list).get(ctx, id.ValueString(), r.path(id.ValueString()), &answer)
	if err == nil {
		tag, err = r.accept(answer, id.ValueString())
	}
	if api.IsNotFound(err) {
		if flagged(ctx, req.Private, privateUncertain) {
			return
		}
		resp.Diagnostics.AddWarning("The "+r.kind.noun+" is gone",
			fmt.Sprintf("%s does not exist at %s any more; it is planned for creation.",
				id.ValueString(), r.conn.client.Endpoint()))
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(r.scene(ctx, "read", r.kind.readScope, req.State.Raw).report(ctx, err)...)
		return
	}
	resp.Diagnostics.Append(model.fromAPI(ctx, answer)...)
	if finish != nil {
		resp.Diagnostics.Append(finish(ctx, model, prior, answer)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	resp.Diagnostics.Append(setETag(ctx, resp.Private, tag)...)
	resp.Diagnostics.Append(setFlag(ctx, resp.Private, privateUncertain, false)...)
}

// ImportState implements resource.ResourceWithImportState, by id and by
// identity. What does not look like an id is refused without a request.
func (r *objectResource[M, B, P]) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	id := req.ID
	if id == "" {
		id = importIdentity(ctx, req, resp)
	}
	r.importID(ctx, id, resp)
}

func importIdentity(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) string {
	var identity objectIdentity
	if req.Identity != nil {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
	}
	return identity.ID.ValueString()
}

func (r *objectResource[M, B, P]) importID(ctx context.Context, id string, resp *resource.ImportStateResponse) {
	if resp.Diagnostics.HasError() {
		return
	}
	if !api.ValidID(r.kind.prefix, id) {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf(
			"%q is not the id of a %s: %s followed by 26 characters, for example %s01JD8Z6V5B3W3T1H6R4M0X7Q2N.",
			cut(strings.ToValidUTF8(id, "?"), 80), r.kind.noun, r.kind.prefix, r.kind.prefix))
		return
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, types.StringValue(id))...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}
