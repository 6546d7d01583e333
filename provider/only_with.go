package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// onlyWith plans an output that exists while another attribute has a value and
// does not change with that value: known as in state, null without it.
type onlyWith struct{ input path.Path }

// Description implements planmodifier.String.
func (o onlyWith) Description(context.Context) string {
	return fmt.Sprintf("Null unless %s is set.", o.input)
}

// MarkdownDescription implements planmodifier.String.
func (o onlyWith) MarkdownDescription(ctx context.Context) string { return o.Description(ctx) }

// PlanModifyString implements planmodifier.String.
func (o onlyWith) PlanModifyString(
	ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse,
) {
	var input types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, o.input, &input)...)
	switch {
	case input.IsUnknown():
		resp.PlanValue = types.StringUnknown()
	case input.IsNull():
		resp.PlanValue = types.StringNull()
	case !req.StateValue.IsNull():
		resp.PlanValue = req.StateValue
	}
}
