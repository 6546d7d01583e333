package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// credentialChange says what an update does to the credentials.
type credentialChange struct {
	send   bool // secret inputs are part of the request
	rotate bool // new credentials are asked for
	move   bool // the channel gets those of others, or its own again
}

// credentialChangeOf compares plan and state. While adopt is set (after an
// import), the triggers are taken over as they are: a secret input is sent, so
// that what is configured holds, but nothing is rotated that is the same.
func credentialChangeOf[M any, B channelBody, P channelModel[M, B]](plan, state P, adopt bool) credentialChange {
	inputs := false
	if s, ok := any(plan).(secretInputs[M]); ok {
		inputs = s.secretInputsChanged((*M)(state))
	}
	trigger := !plan.common().RotateWhenChanged.Equal(state.common().RotateWhenChanged)
	return credentialChange{
		send:   inputs || (trigger && !adopt),
		rotate: (inputs || trigger) && !adopt,
		move:   moved(plan, state),
	}
}

// storeIssued puts the secrets of an answer that issued new ones into the
// model. Without the scope credentials:read the answer has none.
func (r *channelResource[M, B, P]) storeIssued(
	_ context.Context, model P, issued map[string]string,
) diag.Diagnostics {
	missing := false
	for name, field := range model.secrets() {
		if !r.generated(name) {
			continue
		}
		*field = types.StringNull()
		if !model.common().CredentialsInState.ValueBool() {
			continue
		}
		if value, ok := issued[name]; ok && value != "" {
			*field = types.StringValue(value)
		} else {
			missing = true
		}
	}
	if missing {
		return diag.Diagnostics{r.scopeMissing()}
	}
	return nil
}

// finishUpdate completes the model after an update: what the plan knew stays
// as planned, even if the credentials were rotated out of band in the same
// moment (the next refresh tells), and what it did not know comes from the
// answer or, when secrets only move into state, from the gateway.
func (r *channelResource[M, B, P]) finishUpdate(
	ctx context.Context, model, plan, state P, issued map[string]string,
) diag.Diagnostics {
	c, planned := model.common(), plan.common()
	rotated := !c.CredentialsVersion.Equal(state.common().CredentialsVersion) || moved(model, state)
	if !planned.CredentialsVersion.IsUnknown() {
		c.CredentialsVersion = planned.CredentialsVersion
		rotated = false
	}
	if !planned.PreviousCredentialsExpireAt.IsUnknown() {
		c.PreviousCredentialsExpireAt = planned.PreviousCredentialsExpireAt
	}
	if rotated {
		return r.storeIssued(ctx, model, issued)
	}
	before := state.secrets()
	fields := map[string]*types.String{}
	for name, field := range model.secrets() {
		if !r.generated(name) || !field.IsUnknown() {
			continue
		}
		*field = *before[name]
		if field.IsNull() && c.CredentialsInState.ValueBool() {
			fields[name] = field
		}
	}
	if len(fields) == 0 {
		return nil
	}
	creds, diags := r.fetchCredentials(ctx, c.ID.ValueString(), scene{conn: r.conn, scopes: r.kind.readScope})
	if creds != nil {
		diags.Append(r.fill(fields, creds.Values)...)
	}
	return diags
}

// refreshCredentials completes the model after a read. It asks for secrets
// only when state lacks one or the gateway has newer ones, so that an ordinary
// refresh makes one request and leaves the audit log readable.
func (r *channelResource[M, B, P]) refreshCredentials(
	ctx context.Context, model, prior P, req resource.ReadRequest, resp *resource.ReadResponse,
) diag.Diagnostics {
	var diags diag.Diagnostics
	c, known := model.common(), prior.common().CredentialsVersion
	rotated := !known.IsNull() && !known.Equal(c.CredentialsVersion)
	if wanted := number(ctx, req.Private, privateRotating); wanted != 0 {
		diags.Append(setNumber(ctx, resp.Private, privateRotating, 0)...)
		if rotated && known.ValueInt64() == wanted {
			// Our own rotation, whose answer was lost: it must not happen twice.
			diags.Append(setFlag(ctx, resp.Private, privateAdopt, true)...)
			known = types.Int64Null()
		}
	}
	fields := model.secrets()
	stale := rotated || moved(model, prior)
	missing := slices.ContainsFunc(slices.Collect(maps.Values(fields)), func(f *types.String) bool { return f.IsNull() })
	if c.CredentialsInState.ValueBool() && len(fields) > 0 && (stale || missing) {
		s := r.scene(ctx, "read", r.kind.readScope, req.State.Raw)
		creds, more := r.fetchCredentials(ctx, c.ID.ValueString(), s)
		diags.Append(more...)
		if diags.HasError() {
			return diags
		}
		for _, field := range fields {
			*field = types.StringNull()
		}
		if creds != nil {
			diags.Append(r.fill(fields, creds.Values)...)
			c.CredentialsVersion = types.Int64Value(creds.CredentialsVersion)
			c.PreviousCredentialsExpireAt = newTime(creds.PreviousCredentialsExpireAt)
		}
	}
	if rotated && !known.IsNull() {
		diags.AddWarning("Credentials were rotated outside of Terraform", fmt.Sprintf(
			"%s now has credentials_version %d, state had %d. What depends on it is updated by the next apply.",
			c.ID.ValueString(), c.CredentialsVersion.ValueInt64(), known.ValueInt64()))
	}
	return diags
}

// fill puts values into fields by name.
func (r *channelResource[M, B, P]) fill(fields map[string]*types.String, values map[string]string) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if value, ok := values[name]; ok {
			*fields[name] = types.StringValue(value)
			continue
		}
		diags.AddWarning("A secret is missing", fmt.Sprintf(
			"The gateway at %s gave no %s for the %s; it is null in state.", r.conn.client.Endpoint(), name, r.kind.noun))
	}
	return diags
}
