package provider

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// baseAttributes are those of objectBase.
func baseAttributes(ctx context.Context, noun, statusRule string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":         constant("Identifier of the " + noun + "."),
		"created_at": constant("When it was created, RFC 3339."),
		"status": schema.StringAttribute{
			Computed: true, MarkdownDescription: "`active` or `inactive`. " + statusRule,
		},
		"updated_at": schema.StringAttribute{
			Computed: true, MarkdownDescription: "When its configuration last changed, RFC 3339.",
		},
		"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "Longest time of a create with all repeats. Default `5m`.",
			ReadDescription:   "Longest time of a refresh with all repeats. Default `2m`.",
			UpdateDescription: "Longest time of an update with all repeats. Default `5m`.",
			DeleteDescription: "Longest time of a delete, running calls included. Default `10m`.",
		}),
	}
}

// constant is an output that does not change while the object lives.
func constant(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
	}
}

// durationAttribute is an optional duration.
func durationAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, CustomType: durationType{},
		PlanModifiers:       []planmodifier.String{keepSpelling{}},
		MarkdownDescription: description,
	}
}

// text allows 1 to longest characters. It is for lengths that the Validate
// methods of package api leave to the JSON schema.
func text(longest int) []validator.String {
	return []validator.String{stringvalidator.UTF8LengthBetween(1, longest)}
}

// notEmpty is for texts whose other rules are in a Validate method of package
// api: no value means null, never "".
func notEmpty() []validator.String {
	return []validator.String{stringvalidator.LengthAtLeast(1)}
}

// newText is null for the empty string: the gateway does not tell "absent"
// from "empty", and an empty text is refused in configurations.
func newText(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// newTime is null for nil.
func newTime(t *time.Time) types.String {
	if t == nil {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// newBool is null for nil.
func newBool(b *bool) types.Bool { return types.BoolPointerValue(b) }

// boolPointer is nil for null and unknown values.
func boolPointer(b types.Bool) *bool {
	if b.IsUnknown() {
		return nil
	}
	return b.ValueBoolPointer()
}

// newStringMap is null for an empty map, unless prior is an empty map: an
// empty map that was configured must not turn into null.
func newStringMap(values map[string]string, prior types.Map) types.Map {
	if len(values) == 0 && (prior.IsNull() || prior.IsUnknown() || len(prior.Elements()) > 0) {
		return types.MapNull(types.StringType)
	}
	elements := make(map[string]attr.Value, len(values))
	for k, v := range values {
		elements[k] = types.StringValue(v)
	}
	return types.MapValueMust(types.StringType, elements)
}

// newStringSet is null for an empty list, like newStringMap.
func newStringSet(values []string, prior types.Set) types.Set {
	if len(values) == 0 && (prior.IsNull() || prior.IsUnknown() || len(prior.Elements()) > 0) {
		return types.SetNull(types.StringType)
	}
	elements := make([]attr.Value, 0, len(values))
	for _, v := range values {
		elements = append(elements, types.StringValue(v))
	}
	return types.SetValueMust(types.StringType, elements)
}

// stringMap reads a map; unknown elements are left out.
func stringMap(m types.Map) map[string]string {
	var values map[string]string
	for k, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsUnknown() {
			if values == nil {
				values = map[string]string{}
			}
			values[k] = s.ValueString()
		}
	}
	return values
}

// stringSlice reads a set in sorted order; unknown elements are left out.
func stringSlice(set types.Set) []string {
	var values []string
	for _, v := range set.Elements() {
		if s, ok := v.(types.String); ok && !s.IsUnknown() {
			values = append(values, s.ValueString())
		}
	}
	slices.Sort(values)
	return values
}
