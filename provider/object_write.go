package provider

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// Create implements resource.Resource.
func (r *objectResource[M, B, P]) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	r.create(ctx, req, resp, nil)
}

// create makes the object with one request; finish, if any, completes the
// model from the answer before it becomes state.
func (r *objectResource[M, B, P]) create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
	finish func(ctx context.Context, model P, answer B) diag.Diagnostics,
) {
	model, config := P(new(M)), P(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, model)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	body, diags := model.toAPI(ctx, config)
	resp.Diagnostics.Append(diags...)
	limit, diags := model.base().Timeouts.Create(ctx, defaultWriteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	// The key is the new id's ULID, so the id is known whatever happens.
	key := ulid.Make().String()
	id := r.kind.prefix + key
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, types.StringValue(id))...)
	r.conn.bulkOf(r.kind.list).drop(id)
	var answer B
	var tag string
	err := r.conn.client.Post(ctx, r.kind.list, body, &answer, api.Write{Key: key})
	if err == nil {
		tag, err = r.accept(answer, id)
	}
	if err != nil {
		s := r.scene(ctx, "create", r.kind.writeScope, req.Config.Raw)
		s.fixed = true
		resp.Diagnostics.Append(s.report(ctx, err)...)
		if uncertain(err) {
			resp.Diagnostics.AddWarning(fmt.Sprintf("The %s may exist", r.kind.noun), fmt.Sprintf(
				"It is not known whether the gateway made %s. Terraform keeps it as tainted: the next apply deletes it, if it "+
					"is there, and creates another.", id))
			resp.Diagnostics.Append(keepUncertain(ctx, req.Plan, &resp.State, id)...)
			resp.Diagnostics.Append(setFlag(ctx, resp.Private, privateUncertain, true)...)
		}
		return
	}
	resp.Diagnostics.Append(model.fromAPI(ctx, answer)...)
	if finish != nil {
		resp.Diagnostics.Append(finish(ctx, model, answer)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	resp.Diagnostics.Append(setETag(ctx, resp.Private, tag)...)
}

// uncertain reports whether a write may have taken effect although it failed:
// no answer, to the last attempt or to one before it, an answer that makes no
// sense, or a server in trouble.
func uncertain(err error) bool {
	var unanswered *api.TransportError
	if errors.As(err, &unanswered) {
		return true
	}
	switch status := api.Status(err); status {
	case 0, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	default:
		return status >= http.StatusInternalServerError
	}
}

// keepUncertain leaves the planned values with the new id in state. Terraform
// marks the object as tainted, so that the next apply deletes that id and
// creates anew: never a duplicate, never an orphan.
func keepUncertain(ctx context.Context, plan tfsdk.Plan, state *tfsdk.State, id string) diag.Diagnostics {
	raw, err := tftypes.Transform(plan.Raw, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if !v.IsKnown() {
			return tftypes.NewValue(v.Type(), nil), nil
		}
		return v, nil
	})
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Cannot keep the planned values",
			fmt.Sprintf("The object %s may exist at the gateway: %v.", id, err))}
	}
	state.Raw = raw
	return state.SetAttribute(ctx, path.Root("id"), id)
}

// Update implements resource.Resource.
func (r *objectResource[M, B, P]) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	_ = r.update(ctx, req, resp, updateSteps[M, B, P]{})
}

// updateSteps are what a family adds to an update; each may be nil.
type updateSteps[M any, B objectBody, P objectModel[M, B]] struct {
	// body makes the request; without it secrets are always sent.
	body func(ctx context.Context, plan, config, state P) (B, diag.Diagnostics)
	// finish completes the model, which holds the answer, before it becomes
	// state; plan holds what was planned.
	finish func(ctx context.Context, model, plan, state P, answer B) diag.Diagnostics
}

// update replaces the object with one request. The error is already told; it
// is returned for what must be remembered about it.
func (r *objectResource[M, B, P]) update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse, steps updateSteps[M, B, P],
) error {
	model, plan, config, state := P(new(M)), P(new(M)), P(new(M)), P(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, model)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	if resp.Diagnostics.HasError() {
		return nil
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, state.base().ID)...)
	if steps.body == nil {
		steps.body = func(ctx context.Context, plan, config, _ P) (B, diag.Diagnostics) {
			return plan.toAPI(ctx, config)
		}
	}
	body, diags := steps.body(ctx, plan, config, state)
	resp.Diagnostics.Append(diags...)
	limit, diags := plan.base().Timeouts.Update(ctx, defaultWriteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	id := state.base().ID.ValueString()
	r.conn.bulkOf(r.kind.list).drop(id)
	var answer B
	var tag string
	err := r.conn.client.Put(ctx, r.path(id), body, &answer,
		api.Write{Key: randomKey(), IfMatch: ifMatch(ctx, req.Private)})
	if err == nil {
		tag, err = r.accept(answer, id)
	}
	if err != nil {
		s := r.scene(ctx, "update", r.kind.writeScope, req.Config.Raw, req.State.Raw)
		resp.Diagnostics.Append(s.report(ctx, err)...)
		return err
	}
	resp.Diagnostics.Append(model.fromAPI(ctx, answer)...)
	if steps.finish != nil {
		resp.Diagnostics.Append(steps.finish(ctx, model, plan, state, answer)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	resp.Diagnostics.Append(setETag(ctx, resp.Private, tag)...)
	return nil
}

// Delete implements resource.Resource. An object that is gone is deleted.
func (r *objectResource[M, B, P]) Delete(
	ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse,
) {
	model := P(new(M))
	resp.Diagnostics.Append(req.State.Get(ctx, model)...)
	limit, diags := model.base().Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	id := model.base().ID.ValueString()
	r.conn.bulkOf(r.kind.list).drop(id)
	err := r.conn.client.Delete(ctx, fmt.Sprintf(r.kind.remove, id), api.Write{IfMatch: ifMatch(ctx, req.Private)})
	if status := api.Status(err); err == nil || status == http.StatusNotFound || status == http.StatusGone {
		return
	}
	resp.Diagnostics.Append(r.scene(ctx, "delete", r.kind.writeScope, req.State.Raw).report(ctx, err)...)
}

// randomKey is the Idempotency-Key of a PUT: 128 random bits.
func randomKey() string {
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails, see crypto/rand
	return hex.EncodeToString(key[:])
}
