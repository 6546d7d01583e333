package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// validationTimeout bounds the question to the gateway during a plan.
const validationTimeout = 5 * time.Second

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *objectResource[M, B, P]) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() || settle(r.kind.schema(ctx), req, resp) {
		return
	}
	resp.Diagnostics.Append(r.dryRun(ctx, req, sendAll[M, B, P])...)
}

// settle replaces the plan by the state when nothing that can be configured
// differs, and reports whether it did. The framework marks computed attributes
// unknown before plan modifiers have had their say: another spelling of a
// duration would otherwise plan an update without a change.
func settle(sch schema.Schema, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) bool {
	if req.State.Raw.IsNull() {
		return false
	}
	var plan, state map[string]tftypes.Value
	if resp.Plan.Raw.As(&plan) != nil || req.State.Raw.As(&state) != nil {
		return false
	}
	for name, value := range plan {
		configurable := sch.Attributes[name].IsRequired() || sch.Attributes[name].IsOptional()
		if configurable && !value.Equal(state[name]) {
			return false
		}
	}
	resp.Plan.Raw = req.State.Raw.Copy()
	return true
}

// dryRun asks the gateway whether the create or update would be accepted. It
// waits for nothing that is not known yet, and a gateway that cannot be asked
// never fails a plan. The request is made by body, from plan and configuration.
func (r *objectResource[M, B, P]) dryRun(
	ctx context.Context, req resource.ModifyPlanRequest,
	body func(ctx context.Context, plan, config P) (B, diag.Diagnostics),
) diag.Diagnostics {
	if r.conn == nil || r.conn.validationDown.Load() || !req.Config.Raw.IsFullyKnown() {
		return nil
	}
	plan, config := P(new(M)), P(new(M))
	var diags diag.Diagnostics
	diags.Append(req.Plan.Get(ctx, plan)...)
	diags.Append(req.Config.Get(ctx, config)...)
	if diags.HasError() {
		return diags
	}
	request, more := body(ctx, plan, config)
	diags.Append(more...)
	if diags.HasError() {
		return diags
	}
	ctx, cancel := context.WithTimeout(ctx, validationTimeout)
	defer cancel()
	s := r.scene(ctx, "create", r.kind.readScope, req.Config.Raw, req.State.Raw)
	var err error
	if s.fixed = req.State.Raw.IsNull(); s.fixed {
		err = r.conn.client.Post(ctx, r.kind.list, request, nil, api.Write{DryRun: true})
	} else {
		s.verb = "update"
		// Any revision: whether the object changed meanwhile is for apply to say.
		err = r.conn.client.Put(ctx, r.path(plan.base().ID.ValueString()), request, nil, api.Write{DryRun: true})
	}
	if err == nil {
		return diags
	}
	return append(diags, r.verdict(ctx, s, err)...)
}

// sendAll makes a request with every value of the configuration.
func sendAll[M any, B objectBody, P objectModel[M, B]](ctx context.Context, plan, config P) (B, diag.Diagnostics) {
	return plan.toAPI(ctx, config)
}

// verdict tells what a failed dry run means for the plan.
func (r *objectResource[M, B, P]) verdict(ctx context.Context, s scene, err error) diag.Diagnostics {
	var problem *api.Problem
	switch {
	case !errors.As(err, &problem), problem.Status >= http.StatusInternalServerError,
		problem.Status == http.StatusTooManyRequests:
		if r.conn.validationDown.Swap(true) {
			return nil
		}
		return diag.Diagnostics{s.warning(ctx, "The plan was not checked by the gateway",
			fmt.Sprintf("%v. Conflicts and missing objects will show during apply.", err))}
	case problem.Status == http.StatusConflict:
		// Not final: this run may itself free the name, or replace the object
		// that holds it.
		return diag.Diagnostics{s.warning(ctx, fmt.Sprintf("The %s may be refused", s.noun),
			fmt.Sprintf("%v. This is expected if the same run removes or renames what stands in the way.", err))}
	default:
		return s.report(ctx, err)
	}
}
