package provider

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

var (
	_ provider.Provider                       = (*vaProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*vaProvider)(nil)
)

const (
	envEndpoint = "VA_ENDPOINT"
	envToken    = "VA_TOKEN"

	defaultRequestTimeout = 30 * time.Second
	defaultMaxRetries     = 8 // with delays of 0.25 s doubling to 10 s: about 36 s
	maxMaxRetries         = 100
)

// New gives a constructor of the provider as terraform-plugin-framework wants
// it. The version appears in the User-Agent of every request.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &vaProvider{version: version} }
}

type vaProvider struct{ version string }

type providerModel struct {
	Endpoint             types.String  `tfsdk:"endpoint"`
	Token                types.String  `tfsdk:"token"`
	CACertificatePEM     types.String  `tfsdk:"ca_certificate_pem"`
	ClientCertificatePEM types.String  `tfsdk:"client_certificate_pem"`
	ClientPrivateKeyPEM  types.String  `tfsdk:"client_private_key_pem"`
	RequestTimeout       durationValue `tfsdk:"request_timeout"`
	MaxRetries           types.Int64   `tfsdk:"max_retries"`
}

// Metadata implements provider.Provider.
func (p *vaProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "va"
	resp.Version = p.version
}

// Schema implements provider.Provider.
func (p *vaProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Configures voice assistants and the telephony channels they answer, " +
			"through the admin API of a running voice gateway.",
		Attributes: map[string]schema.Attribute{
			"endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Base URL of the gateway's admin listener, for example `http://127.0.0.1:8081`. " +
					"Default: the environment variable `" + envEndpoint + "`.",
			},
			"token": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Admin token. Default: the environment variable `" + envToken + "`. It needs the scopes " +
					"`assistants:rw`, `channels:rw`, `secrets:rotate` and, for generated secrets in state or in the " +
					"ephemeral resource, `credentials:read`. It is sent to `endpoint` only and never follows a redirect.",
			},
			"ca_certificate_pem": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "PEM certificates that sign the endpoint's certificate. Default: those of the system.",
			},
			"client_certificate_pem": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("client_private_key_pem"))},
				MarkdownDescription: "PEM client certificate for an endpoint that asks for one; needs `client_private_key_pem`.",
			},
			"client_private_key_pem": schema.StringAttribute{
				Optional: true, Sensitive: true,
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("client_certificate_pem"))},
				MarkdownDescription: "PEM private key of `client_certificate_pem`.",
			},
			"request_timeout": schema.StringAttribute{
				Optional: true, CustomType: durationType{},
				MarkdownDescription: "Longest time of one attempt of a request, for example `10s`. Default `30s`.",
			},
			"max_retries": schema.Int64Attribute{
				Optional:   true,
				Validators: []validator.Int64{int64validator.Between(0, maxMaxRetries)},
				MarkdownDescription: fmt.Sprintf("How often a request is repeated after a lost connection or an answer 429, 502, "+
					"503 or 504, 0 to %d. Repeats are harmless: every write carries an idempotency key. Default %d.",
					maxMaxRetries, defaultMaxRetries),
			},
		},
	}
}

// Configure implements provider.Provider. It makes no request.
func (p *vaProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	for name, value := range map[string]attr.Value{
		"endpoint": m.Endpoint, "token": m.Token, "ca_certificate_pem": m.CACertificatePEM,
		"client_certificate_pem": m.ClientCertificatePEM, "client_private_key_pem": m.ClientPrivateKeyPEM,
		"request_timeout": m.RequestTimeout, "max_retries": m.MaxRetries,
	} {
		if value.IsUnknown() {
			resp.Diagnostics.AddAttributeError(path.Root(name), "Value not known yet",
				fmt.Sprintf("%s of the provider depends on something that this run only creates. Apply the gateway first "+
					"(-target), or put gateway and assistants into separate root modules.", name))
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	config := api.ClientConfig{
		Endpoint:          stringOr(m.Endpoint, os.Getenv(envEndpoint)),
		Token:             stringOr(m.Token, os.Getenv(envToken)),
		CACertificate:     m.CACertificatePEM.ValueString(),
		ClientCertificate: m.ClientCertificatePEM.ValueString(),
		ClientKey:         m.ClientPrivateKeyPEM.ValueString(),
		RequestTimeout:    defaultRequestTimeout,
		MaxRetries:        defaultMaxRetries,
		UserAgent:         "terraform-provider-va/" + p.version + " terraform/" + req.TerraformVersion,
	}
	if config.Endpoint == "" {
		resp.Diagnostics.AddAttributeError(path.Root("endpoint"), "No endpoint",
			"Set endpoint, or the environment variable "+envEndpoint+", to the gateway's admin listener.")
	}
	if config.Token == "" {
		resp.Diagnostics.AddAttributeError(path.Root("token"), "No token",
			"Set token, or the environment variable "+envToken+", to an admin token of the gateway.")
	}
	if d := m.RequestTimeout.duration(); d > 0 {
		config.RequestTimeout = time.Duration(d)
	} else if !m.RequestTimeout.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("request_timeout"), "No time at all",
			fmt.Sprintf("%q leaves no time for a request.", m.RequestTimeout.ValueString()))
	}
	if !m.MaxRetries.IsNull() {
		config.MaxRetries = int(m.MaxRetries.ValueInt64())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	conn, field := newConnection(config)
	if field != nil {
		resp.Diagnostics.AddAttributeError(path.Root(field.Field), "Invalid provider configuration", field.Message+".")
		return
	}
	resp.ResourceData = conn
	resp.DataSourceData = conn
	resp.EphemeralResourceData = conn
}

// Resources implements provider.Provider.
func (p *vaProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		newAssistant,
		newChannelTwilio,
		newChannelThreeCLogic,
		newChannelGenesysAudioConnector,
	}
}

// DataSources implements provider.Provider.
func (p *vaProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newGatewayDataSource,
	}
}

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *vaProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		newEphemeralChannelCredentials,
	}
}

func stringOr(value types.String, fallback string) string {
	if value.IsNull() {
		return fallback
	}
	return value.ValueString()
}
