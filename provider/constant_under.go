package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// constantUnder plans an output that changes with another attribute and only
// then: known as in state while that is the same.
type constantUnder struct{ input path.Path }

// Description implements planmodifier.String.
func (c constantUnder) Description(context.Context) string {
	return fmt.Sprintf("Changes only with %s.", c.input)
}

// MarkdownDescription implements planmodifier.String.
func (c constantUnder) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }

// PlanModifyString implements planmodifier.String.
func (c constantUnder) PlanModifyString(
	ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse,
) {
	if req.StateValue.IsNull() {
		return
	}
	var planned, known types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, c.input, &planned)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, c.input, &known)...)
	if planned.Equal(known) {
		resp.PlanValue = req.StateValue
	}
}
