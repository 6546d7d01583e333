package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type threeCLogicModel struct {
	channelCommon
	Protocol           types.String `tfsdk:"protocol"`
	AuthMethods        types.Set    `tfsdk:"auth_methods"`
	TransferEvent      types.Bool   `tfsdk:"transfer_event"`
	L16ByteOrder       types.String `tfsdk:"l16_byte_order"`
	AttributeAllowList types.Set    `tfsdk:"attribute_allow_list"`
	CloseOnRevocation  types.Bool   `tfsdk:"close_on_revocation"`
	URL                types.String `tfsdk:"url"`
	TokenURL           types.String `tfsdk:"token_url"`
	ClientID           types.String `tfsdk:"client_id"`
	ClientSecret       types.String `tfsdk:"client_secret"`
	Scopes             types.Set    `tfsdk:"scopes"`
	OutcomeURLTemplate types.String `tfsdk:"outcome_url_template"`
}

func newChannelThreeCLogic() resource.Resource {
	return newChannel[threeCLogicModel, *api.ThreeCLogicChannel](api.KindThreeCLogic, "3CLogic channel",
		"A voice assistant for 3CLogic: give the platform `url`, `client_id` and `client_secret`.\n\n"+
			"~> **Experimental, not verified against a 3CLogic tenant.** How 3CLogic frames a call is published nowhere. The "+
			"channel understands two framings that are, Media Streams (also as other vendors send it) and the AudioCodes Bot "+
			"API, and takes whichever the first message shows. Calls of this channel are never recorded.\n\n"+
			"Admin API: `/v1/channels/3clogic`, `/v1/channels/{id}/3clogic`, `/v1/channels/{id}/credentials`; scopes "+
			"`channels:rw`, `secrets:rotate`, `credentials:read`.",
		map[string]schema.Attribute{
			"protocol": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(api.ThreeCLogicAuto),
				Validators: []validator.String{stringvalidator.OneOf(
					api.ThreeCLogicAuto, api.ThreeCLogicMediaStreams, api.ThreeCLogicAudioCodes)},
				MarkdownDescription: "`auto`, or the only framing that is taken: `media-streams` or `audiocodes`. Default `auto`.",
			},
			"auth_methods": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default: setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{
					types.StringValue(api.ThreeCLogicBasic), types.StringValue(api.ThreeCLogicBearer),
				})),
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.ValueStringsAre(stringvalidator.OneOf(
						api.ThreeCLogicBearer, api.ThreeCLogicBasic, api.ThreeCLogicHeaders, api.ThreeCLogicTicket)),
				},
				MarkdownDescription: "How the platform may authenticate itself when it connects, exactly one at a time: `bearer` " +
					"(a token of `token_url`), `basic` (client id and secret), `headers` (`X-Client-Id` and `X-Client-Secret`) and " +
					"`ticket` (single-use, from `{url}/stream-tickets` over https, as the subprotocols `va.v1, va.ticket.{ticket}`; " +
					"for clients that cannot set headers). Default `basic` and `bearer`.",
			},
			"transfer_event": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether the message `transfer` is sent before the stream is closed. Media Streams has none " +
					"of its own; with `false` the outcome is the only word of a transfer there. Default `true`.",
			},
			"l16_byte_order": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(api.ThreeCLogicLittle),
				Validators:          []validator.String{stringvalidator.OneOf(api.ThreeCLogicLittle, api.ThreeCLogicBig)},
				MarkdownDescription: "Byte order of linear audio in Media Streams, `little` or `big`. Default `little`.",
			},
			"attribute_allow_list": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Set{setvalidator.SizeAtMost(api.MaxAttributes)},
				MarkdownDescription: fmt.Sprintf("Names of the parameters, at most %d, that the platform may pass to the "+
					"assistant with a call; they become its variables. Default none.", api.MaxAttributes),
			},
			"close_on_revocation": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether deleting or disabling the channel ends the calls on it. Rotating credentials never " +
					"does. Default `true`.",
			},
			"url":       constant("WebSocket that the platform connects to."),
			"token_url": constant("OAuth2 token endpoint, for the method `bearer`."),
			"client_id": constant("Client id of the platform."),
			"client_secret": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "Client secret of the platform. Null with `credentials_in_state = false`.",
			},
			"scopes": schema.SetAttribute{
				Computed: true, ElementType: types.StringType,
				PlanModifiers:       []planmodifier.Set{setplanmodifier.UseNonNullStateForUnknown()},
				MarkdownDescription: "Scopes that a token of the client may carry.",
			},
			"outcome_url_template": constant("Where the platform reads what became of a call, with a token that carries " +
				"`context:read` or with its credentials; `{correlation_id}` is its own id of the call."),
		})
}

func (m *threeCLogicModel) toAPI(context.Context, *threeCLogicModel) (*api.ThreeCLogicChannel, diag.Diagnostics) {
	return &api.ThreeCLogicChannel{
		Channel:            m.commonToAPI(),
		Protocol:           m.Protocol.ValueString(),
		AuthMethods:        stringSlice(m.AuthMethods),
		TransferEvent:      boolPointer(m.TransferEvent),
		L16ByteOrder:       m.L16ByteOrder.ValueString(),
		AttributeAllowList: stringSlice(m.AttributeAllowList),
		CloseOnRevocation:  boolPointer(m.CloseOnRevocation),
	}, nil
}

func (m *threeCLogicModel) fromAPI(_ context.Context, a *api.ThreeCLogicChannel) diag.Diagnostics {
	m.commonFromAPI(&a.Channel)
	m.Protocol = newText(a.Protocol)
	m.AuthMethods = newStringSet(a.AuthMethods, m.AuthMethods)
	m.TransferEvent = newBool(a.TransferEvent)
	m.L16ByteOrder = newText(a.L16ByteOrder)
	m.AttributeAllowList = newStringSet(a.AttributeAllowList, m.AttributeAllowList)
	m.CloseOnRevocation = newBool(a.CloseOnRevocation)
	m.URL = newText(a.URL)
	m.TokenURL = newText(a.TokenURL)
	m.ClientID = newText(a.ClientID)
	m.Scopes = newStringSet(a.Scopes, m.Scopes)
	m.OutcomeURLTemplate = newText(a.OutcomeURLTemplate)
	return nil
}

func (m *threeCLogicModel) secrets() map[string]*types.String {
	return map[string]*types.String{"client_secret": &m.ClientSecret}
}
