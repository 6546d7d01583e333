package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type genesysAudioConnectorModel struct {
	channelCommon
	CredentialGroup   types.String `tfsdk:"credential_group"`
	BaseConnectionURI types.String `tfsdk:"base_connection_uri"`
	ConnectorID       types.String `tfsdk:"connector_id"`
	APIKey            types.String `tfsdk:"api_key"`
	ClientSecret      types.String `tfsdk:"client_secret"`
}

func newChannelGenesysAudioConnector() resource.Resource {
	return newChannel[genesysAudioConnectorModel, *api.GenesysAudioConnectorChannel](
		api.KindGenesysAudioConnector, "Genesys Audio Connector channel",
		"A voice assistant in an Architect flow of Genesys Cloud: give `base_connection_uri` and a credential of `api_key` "+
			"and `client_secret` to an Audio Connector integration, and `connector_id` to the action *Call Audio Connector* "+
			"of the flow. When the assistant is done, the flow goes on; it makes the transfer to a live agent.\n\n"+
			"Genesys connects to the gateway the moment the integration is enabled. The channel is served once it is "+
			"created, so an integration that depends on it is enabled in the same apply.\n\n"+
			"Admin API: `/v1/channels/genesys_audio_connector`, `/v1/channels/{id}/genesys_audio_connector`, "+
			"`/v1/channels/{id}/credentials`; scopes `channels:rw`, `credentials:read`, `secrets:rotate` (rotation only).",
		map[string]schema.Attribute{
			"credential_group": schema.StringAttribute{
				Optional:   true,
				Validators: notEmpty(),
				MarkdownDescription: fmt.Sprintf("Any name of 1 to %d characters, the same on every channel that uses one "+
					"integration: an organization has few of them. Channels of a group share `base_connection_uri`, `api_key` "+
					"and `client_secret` and differ by `connector_id`. `credentials_version` counts for the group, and a "+
					"rotation of one channel is one of all: give all of them the same `rotate_when_changed`. Default: the "+
					"channel shares with nobody. Another group is another URI with other credentials, at once and without "+
					"`rotation_overlap`.", api.MaxName),
			},
			"base_connection_uri": schema.StringAttribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.String{constantUnder{path.Root("credential_group")}},
				MarkdownDescription: "*Base Connection URI* of the integration, its property `baseUri`.",
			},
			"connector_id": constant("*Connector ID* of the action *Call Audio Connector*."),
			"api_key": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "*API Key* of the integration's credential, its field `apiKey`.",
			},
			"client_secret": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "*Client Secret* of the integration's credential, its field `clientSecret`: 32 bytes in " +
					"base64, the key of every signature.",
			},
		})
}

func (m *genesysAudioConnectorModel) toAPI(
	context.Context, *genesysAudioConnectorModel,
) (*api.GenesysAudioConnectorChannel, diag.Diagnostics) {
	return &api.GenesysAudioConnectorChannel{
		Channel: m.commonToAPI(), CredentialGroup: m.CredentialGroup.ValueString(),
	}, nil
}

func (m *genesysAudioConnectorModel) fromAPI(
	_ context.Context, a *api.GenesysAudioConnectorChannel,
) diag.Diagnostics {
	m.commonFromAPI(&a.Channel)
	m.CredentialGroup = newText(a.CredentialGroup)
	m.BaseConnectionURI = newText(a.BaseConnectionURI)
	m.ConnectorID = newText(a.ConnectorID)
	return nil
}

func (m *genesysAudioConnectorModel) secrets() map[string]*types.String {
	return map[string]*types.String{"api_key": &m.APIKey, "client_secret": &m.ClientSecret}
}

func (m *genesysAudioConnectorModel) otherCredentials(than *genesysAudioConnectorModel) bool {
	return !m.CredentialGroup.Equal(than.CredentialGroup)
}
