package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// Longest time of one operation, retries included, unless timeouts says
// otherwise. Deleting waits for running calls to end.
const (
	defaultReadTimeout   = 2 * time.Minute
	defaultWriteTimeout  = 5 * time.Minute
	defaultDeleteTimeout = 10 * time.Minute
)

// objectBody is the wire form of one object: a pointer to a struct of package
// api. Comparable, so that an answer of JSON null is noticed.
type objectBody interface {
	comparable
	// Defaults fills absent optional fields.
	Defaults()
	// Validate reports every broken rule that needs no gateway.
	Validate() []api.FieldError
}

// objectModel is the Terraform form of one object. M is a struct with tfsdk
// tags that embeds objectBase.
type objectModel[M any, B objectBody] interface {
	*M
	base() *objectBase
	// toAPI gives the request. Write-only values are read from config; when it
	// is nil, secrets are left out and stay as they are at the gateway. Unknown
	// values are left empty.
	toAPI(ctx context.Context, config *M) (B, diag.Diagnostics)
	// fromAPI takes over everything that an answer tells, and leaves alone what
	// only Terraform knows.
	fromAPI(ctx context.Context, answer B) diag.Diagnostics
}

// objectBase holds the attributes of every managed object.
type objectBase struct {
	ID        types.String   `tfsdk:"id"`
	Status    types.String   `tfsdk:"status"`
	CreatedAt types.String   `tfsdk:"created_at"`
	UpdatedAt types.String   `tfsdk:"updated_at"`
	Timeouts  timeouts.Value `tfsdk:"timeouts"`
}

func (b *objectBase) base() *objectBase { return b }

// objectKind describes one kind of object.
type objectKind[B objectBody] struct {
	name       string // type name without "va_"
	noun       string // for messages: "Twilio channel"
	prefix     string // of its ids
	list       string // path of the list, also of create
	one        string // path of one object, with %s for the id
	remove     string // path to delete, with %s for the id
	readScope  string // scope for reading
	writeScope string // scope for writing
	meta       func(B) (id string, revision int64)
	schema     func(ctx context.Context) schema.Schema
}

var (
	_ resource.ResourceWithConfigure      = (*assistantResource)(nil)
	_ resource.ResourceWithIdentity       = (*assistantResource)(nil)
	_ resource.ResourceWithImportState    = (*assistantResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*assistantResource)(nil)
	_ resource.ResourceWithValidateConfig = (*assistantResource)(nil)
)

// objectResource manages any object of the admin API. Families of objects
// embed it and add steps to its operations.
type objectResource[M any, B objectBody, P objectModel[M, B]] struct {
	kind objectKind[B]
	conn *connection
}

// Metadata implements resource.Resource.
func (r *objectResource[M, B, P]) Metadata(
	_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_" + r.kind.name
}

// Configure implements resource.ResourceWithConfigure.
func (r *objectResource[M, B, P]) Configure(
	_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse,
) {
	conn, diags := connectionFrom(req.ProviderData)
	r.conn = conn
	resp.Diagnostics.Append(diags...)
}

// Schema implements resource.Resource.
func (r *objectResource[M, B, P]) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.kind.schema(ctx)
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *objectResource[M, B, P]) IdentitySchema(
	_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse,
) {
	resp.IdentitySchema = identitySchema(r.kind.noun)
}

// ValidateConfig implements resource.ResourceWithValidateConfig with the rules
// that the gateway itself applies. It makes no request.
func (r *objectResource[M, B, P]) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	model := P(new(M))
	resp.Diagnostics.Append(req.Config.Get(ctx, model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	body, diags := model.toAPI(ctx, model)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	body.Defaults()
	resp.Diagnostics.Append(r.scene(ctx, "configure", "", req.Config.Raw).rules(ctx, body.Validate())...)
}

// scene starts the telling of an error.
func (r *objectResource[M, B, P]) scene(
	ctx context.Context, verb, scopes string, values tftypes.Value, more ...tftypes.Value,
) scene {
	return scene{
		conn: r.conn, verb: verb, noun: r.kind.noun, scopes: scopes,
		schema: r.kind.schema(ctx), values: values, more: more,
	}
}

func (r *objectResource[M, B, P]) path(id string) string { return fmt.Sprintf(r.kind.one, id) }

// accept checks that an answer is about the object id; it gives its entity
// tag, which is empty when the gateway told no revision.
func (r *objectResource[M, B, P]) accept(answer B, id string) (string, error) {
	var none B
	if answer == none {
		return "", fmt.Errorf("the answer about %s is empty", id)
	}
	got, revision := r.kind.meta(answer)
	if got != id {
		return "", fmt.Errorf("the answer is about %q, not about %s", cut(got, 80), id)
	}
	if revision == 0 {
		return "", nil
	}
	return api.ETag(revision), nil
}
