package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// objectIdentity is the identity of every managed object. Its shape never
// changes.
type objectIdentity struct {
	ID types.String `tfsdk:"id"`
}

func identitySchema(noun string) identityschema.Schema {
	return identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "Identifier of the " + noun + ".",
			},
		},
	}
}

// setIdentity must run in Create and Update, and as the first statement of
// Read: cores that keep no identity send none back, and the framework then
// refuses an answer without one even for an object that is gone.
func setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, id types.String) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	return identity.Set(ctx, objectIdentity{ID: id})
}
