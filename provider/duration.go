package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

var (
	_ basetypes.StringTypable                    = durationType{}
	_ basetypes.StringValuableWithSemanticEquals = durationValue{}
	_ xattr.ValidateableAttribute                = durationValue{}
	_ planmodifier.String                        = keepSpelling{}
)

// durationType is a string such as "30m"; "1800s" is the same value.
type durationType struct{ basetypes.StringType }

// String implements attr.Type.
func (t durationType) String() string { return "durationType" }

// Equal implements attr.Type.
func (t durationType) Equal(o attr.Type) bool {
	other, ok := o.(durationType)
	return ok && t.StringType.Equal(other.StringType)
}

// ValueType implements attr.Type.
func (t durationType) ValueType(context.Context) attr.Value { return durationValue{} }

// ValueFromString implements basetypes.StringTypable.
func (t durationType) ValueFromString(
	_ context.Context, in basetypes.StringValue,
) (basetypes.StringValuable, diag.Diagnostics) {
	return durationValue{in}, nil
}

// ValueFromTerraform implements attr.Type.
func (t durationType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.StringType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	s, ok := value.(basetypes.StringValue)
	if !ok {
		return nil, fmt.Errorf("%T is not a string", value)
	}
	return durationValue{s}, nil
}

// durationValue is a value of durationType.
type durationValue struct{ basetypes.StringValue }

// newDuration gives the value as the gateway spells it; nil is null.
func newDuration(d *api.Duration) durationValue {
	if d == nil {
		return durationValue{basetypes.NewStringNull()}
	}
	return durationValue{basetypes.NewStringValue(d.String())}
}

// duration is 0 for null, unknown and invalid values; validation has refused
// the last before it matters.
func (v durationValue) duration() api.Duration {
	d, err := api.ParseDuration(v.ValueString())
	if err != nil {
		return 0
	}
	return d
}

// pointer is nil for null and unknown values.
func (v durationValue) pointer() *api.Duration {
	if v.IsNull() || v.IsUnknown() {
		return nil
	}
	return new(v.duration())
}

// Type implements attr.Value.
func (v durationValue) Type(context.Context) attr.Type { return durationType{} }

// Equal implements attr.Value.
func (v durationValue) Equal(o attr.Value) bool {
	other, ok := o.(durationValue)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals.
func (v durationValue) StringSemanticEquals(
	_ context.Context, o basetypes.StringValuable,
) (bool, diag.Diagnostics) {
	other, ok := o.(durationValue)
	return ok && v.same(other), nil
}

func (v durationValue) same(o durationValue) bool {
	a, errA := api.ParseDuration(v.ValueString())
	b, errB := api.ParseDuration(o.ValueString())
	return errA == nil && errB == nil && a == b
}

// ValidateAttribute implements xattr.ValidateableAttribute.
func (v durationValue) ValidateAttribute(
	_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse,
) {
	if v.IsNull() || v.IsUnknown() {
		return
	}
	if _, err := api.ParseDuration(v.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", fmt.Sprintf("%s: %v.", req.Path, err))
	}
}

// keepSpelling plans the value of the state when the configuration spells the
// same duration in another way, so that "1800s" after "30m" is no change. The
// framework compares meanings only after apply and read.
type keepSpelling struct{}

// Description implements planmodifier.Describer.
func (keepSpelling) Description(context.Context) string {
	return "another spelling of the same duration is no change"
}

// MarkdownDescription implements planmodifier.Describer.
func (k keepSpelling) MarkdownDescription(ctx context.Context) string { return k.Description(ctx) }

// PlanModifyString implements planmodifier.String.
func (keepSpelling) PlanModifyString(
	_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse,
) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() || req.PlanValue.IsUnknown() {
		return
	}
	if (durationValue{req.PlanValue}).same(durationValue{req.StateValue}) {
		resp.PlanValue = req.StateValue
	}
}
