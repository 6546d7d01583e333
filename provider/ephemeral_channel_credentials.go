package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*channelCredentials)(nil)

// channelCredentials only reads: Open also runs during a plan, and nothing
// guarantees a Close.
type channelCredentials struct{ conn *connection }

type channelCredentialsModel struct {
	ChannelID                   types.String `tfsdk:"channel_id"`
	Values                      types.Map    `tfsdk:"values"`
	CredentialsVersion          types.Int64  `tfsdk:"credentials_version"`
	PreviousCredentialsExpireAt types.String `tfsdk:"previous_credentials_expire_at"`
}

func newEphemeralChannelCredentials() ephemeral.EphemeralResource { return &channelCredentials{} }

// Metadata implements ephemeral.EphemeralResource.
func (e *channelCredentials) Metadata(
	_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_channel_credentials"
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *channelCredentials) Configure(
	_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse,
) {
	conn, diags := connectionFrom(req.ProviderData)
	e.conn = conn
	resp.Diagnostics.Append(diags...)
}

// Schema implements ephemeral.EphemeralResource.
func (e *channelCredentials) Schema(
	_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse,
) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Every current secret of a channel, in neither state nor plan. Prefer it to the secrets in " +
			"state wherever the consumer takes write-only arguments: set `credentials_in_state = false` on the channel, " +
			"give `values[\"…\"]` to the consumer's write-only argument and the channel's `credentials_version` to its " +
			"version argument. It is read during plan and during apply, each with an entry in the gateway's audit log.\n\n" +
			"Admin API: `GET /v1/channels/{id}/credentials`; scope `credentials:read`.",
		Attributes: map[string]schema.Attribute{
			"channel_id": schema.StringAttribute{Required: true, MarkdownDescription: "The `id` of a channel of any kind."},
			"values": schema.MapAttribute{
				Computed: true, Sensitive: true, ElementType: types.StringType,
				MarkdownDescription: "The secrets by the name they have on the channel, for example `authentication_token` or " +
					"`client_secret`.",
			},
			"credentials_version": schema.Int64Attribute{
				Computed: true, MarkdownDescription: "Version of these secrets.",
			},
			"previous_credentials_expire_at": schema.StringAttribute{
				Computed: true, MarkdownDescription: "When the secrets before these stop working, RFC 3339.",
			},
		},
	}
}

// Open implements ephemeral.EphemeralResource.
func (e *channelCredentials) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m channelCredentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := m.ChannelID.ValueString()
	if !api.ValidID(api.PrefixChannel, id) {
		resp.Diagnostics.AddAttributeError(path.Root("channel_id"), "Invalid channel id",
			fmt.Sprintf("%q is not the id of a channel.", cut(id, 80)))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, defaultReadTimeout)
	defer cancel()
	creds, err := readCredentials(ctx, e.conn.client, id)
	if err != nil {
		s := scene{conn: e.conn, verb: "read", noun: "credentials of " + id, scopes: api.ScopeCredentialsRead}
		resp.Diagnostics.Append(s.report(ctx, err)...)
		return
	}
	m.Values = newStringMap(creds.Values, types.MapNull(types.StringType))
	m.CredentialsVersion = types.Int64Value(creds.CredentialsVersion)
	m.PreviousCredentialsExpireAt = newTime(creds.PreviousCredentialsExpireAt)
	resp.Diagnostics.Append(resp.Result.Set(ctx, m)...)
}
