package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// importWithoutSecrets is the suffix of an import id that keeps secrets out of
// state.
const importWithoutSecrets = "?credentials_in_state=false"

// ImportState implements resource.ResourceWithImportState. An imported channel
// has its real secrets in state, unless the id ends in importWithoutSecrets.
func (r *channelResource[M, B, P]) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	id, withoutSecrets := strings.CutSuffix(req.ID, importWithoutSecrets)
	if strings.Contains(id, "?") {
		resp.Diagnostics.AddError("Invalid import id", fmt.Sprintf(
			"Only %q may follow the id of a %s.", importWithoutSecrets, r.kind.noun))
		return
	}
	if id == "" {
		id = importIdentity(ctx, req, resp)
	}
	r.importID(ctx, id, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("credentials_in_state"), !withoutSecrets)...)
	resp.Diagnostics.Append(setFlag(ctx, resp.Private, privateAdopt, true)...)
}
