package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

var _ datasource.DataSourceWithConfigure = (*gatewayDataSource)(nil)

type gatewayDataSource struct{ conn *connection }

type gatewayModel struct {
	Version      types.String `tfsdk:"version"`
	NodeID       types.String `tfsdk:"node_id"`
	PublicURL    types.String `tfsdk:"public_url"`
	Speech       *speechModel `tfsdk:"speech"`
	ChannelKinds types.Set    `tfsdk:"channel_kinds"`
	MaxCalls     types.Int64  `tfsdk:"max_calls"`
}

type speechModel struct {
	TTS types.String `tfsdk:"tts"`
	STT types.String `tfsdk:"stt"`
}

func newGatewayDataSource() datasource.DataSource { return &gatewayDataSource{} }

// Metadata implements datasource.DataSource.
func (d *gatewayDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_gateway"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *gatewayDataSource) Configure(
	_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse,
) {
	conn, diags := connectionFrom(req.ProviderData)
	d.conn = conn
	resp.Diagnostics.Append(diags...)
}

// Schema implements datasource.DataSource. The number of running calls is left
// out: a value that differs in every plan would update whatever refers to it.
func (d *gatewayDataSource) Schema(
	_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The running gateway.\n\nAdmin API: `GET /v1/gateway`; scope `assistants:read`.",
		Attributes: map[string]schema.Attribute{
			"version": schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the gateway."},
			"node_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "The gateway process that answered.",
			},
			"public_url": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Base of every URL that channels give out.",
			},
			"channel_kinds": schema.SetAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Channel kinds that this gateway serves.",
			},
			"max_calls": schema.Int64Attribute{
				Computed: true, MarkdownDescription: "Most calls at one time on the process that answered.",
			},
			"speech": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Speech parts that the scripted engine found.",
				Attributes: map[string]schema.Attribute{
					"tts": schema.StringAttribute{Computed: true, MarkdownDescription: "`espeak-ng` or `embedded`."},
					"stt": schema.StringAttribute{Computed: true, MarkdownDescription: "`pocketsphinx` or `none`."},
				},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (d *gatewayDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, cancel := context.WithTimeout(ctx, defaultReadTimeout)
	defer cancel()
	var g api.Gateway
	if err := d.conn.client.Get(ctx, "/v1/gateway", &g); err != nil {
		s := scene{conn: d.conn, verb: "read", noun: "gateway", scopes: api.ScopeAssistantsRead, fixed: true}
		resp.Diagnostics.Append(s.report(ctx, err)...)
		return
	}
	kinds, diags := types.SetValueFrom(ctx, types.StringType, append([]string{}, g.Kinds...))
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.State.Set(ctx, gatewayModel{
		Version:      newText(g.Version),
		NodeID:       newText(g.NodeID),
		PublicURL:    newText(g.PublicURL),
		Speech:       &speechModel{TTS: newText(g.Speech.TTS), STT: newText(g.Speech.STT)},
		ChannelKinds: kinds,
		MaxCalls:     types.Int64Value(int64(g.Calls.Max)),
	})...)
}
