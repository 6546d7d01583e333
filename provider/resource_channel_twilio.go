package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type twilioModel struct {
	channelCommon
	PhoneNumberToLiveAgent       types.String `tfsdk:"phone_number_to_live_agent"`
	AuthenticationToken          types.String `tfsdk:"authentication_token"`
	AuthenticationTokenWo        types.String `tfsdk:"authentication_token_wo"`
	AuthenticationTokenWoVersion types.Int64  `tfsdk:"authentication_token_wo_version"`
	AccountSID                   types.String `tfsdk:"account_sid"`
	APIKeySID                    types.String `tfsdk:"api_key_sid"`
	APIKeySecretWo               types.String `tfsdk:"api_key_secret_wo"`
	APIKeySecretWoVersion        types.Int64  `tfsdk:"api_key_secret_wo_version"`
	Region                       types.String `tfsdk:"region"`
	Edge                         types.String `tfsdk:"edge"`
	URL                          types.String `tfsdk:"url"`
	VoiceFallbackURL             types.String `tfsdk:"voice_fallback_url"`
	StatusCallbackURL            types.String `tfsdk:"status_callback_url"`
	MediaURL                     types.String `tfsdk:"media_url"`
}

func newChannelTwilio() resource.Resource {
	return newChannel[twilioModel, *api.TwilioChannel](api.KindTwilio, "Twilio channel",
		"A voice assistant on a Twilio phone number: give `url` to the number as its voice webhook (method POST), "+
			"`voice_fallback_url` and `status_callback_url` as the fallback and the status callback.\n\n"+
			"Admin API: `/v1/channels/twilio`, `/v1/channels/{id}/twilio`, `/v1/channels/{id}/credentials`; scopes "+
			"`channels:rw`, `secrets:rotate`, `credentials:read` (import only).",
		map[string]schema.Attribute{
			"phone_number_to_live_agent": schema.StringAttribute{
				Optional:   true,
				Validators: notEmpty(),
				MarkdownDescription: "E.164 number, for example `+14155550123`, or SIP URI `sip:user@host` that is dialled when " +
					"the caller wants a live agent. Without it the assistant says that nobody can be reached.",
			},
			"authentication_token": schema.StringAttribute{
				Optional: true, Sensitive: true,
				Validators: []validator.String{
					stringvalidator.ExactlyOneOf(
						path.MatchRoot("authentication_token"), path.MatchRoot("authentication_token_wo")),
					stringvalidator.PreferWriteOnlyAttribute(path.MatchRoot("authentication_token_wo")),
				},
				MarkdownDescription: fmt.Sprintf("Auth token of the Twilio account, the key of every signature; %d to %d "+
					"printable ASCII characters. It is kept in state; prefer `authentication_token_wo`. A change raises "+
					"`credentials_version`, and the old token stays valid for `rotation_overlap`.",
					api.MinSecret, api.MaxSecret),
			},
			"authentication_token_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true,
				Validators: []validator.String{
					stringvalidator.AlsoRequires(path.MatchRoot("authentication_token_wo_version")),
				},
				MarkdownDescription: "As `authentication_token`, but never in state or plan. It is sent on create, and again " +
					"when `authentication_token_wo_version` or `rotate_when_changed` changes.",
			},
			"authentication_token_wo_version": schema.Int64Attribute{
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("authentication_token_wo"))},
				MarkdownDescription: "Raise it to send `authentication_token_wo` again.",
			},
			"account_sid": schema.StringAttribute{
				Optional:   true,
				Validators: notEmpty(),
				MarkdownDescription: "The Twilio account, `AC` and 32 hexadecimal digits: requests and streams of any other are " +
					"refused. Needed for `media_url` and for the API key.",
			},
			"api_key_sid": schema.StringAttribute{
				Optional: true,
				Validators: append(notEmpty(), stringvalidator.AlsoRequires(
					path.MatchRoot("account_sid"), path.MatchRoot("api_key_secret_wo"))),
				MarkdownDescription: "API key of the account, `SK` and 32 hexadecimal digits. With it the gateway ends or " +
					"transfers a call over Twilio's REST API when Twilio does not ask what comes next, and has the calls of " +
					"`media_url` confirmed. Without it such calls are counted as `action_missing` only.",
			},
			"api_key_secret_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true,
				Validators: []validator.String{stringvalidator.AlsoRequires(
					path.MatchRoot("api_key_sid"), path.MatchRoot("api_key_secret_wo_version"))},
				MarkdownDescription: fmt.Sprintf("Secret of the API key, %d to %d printable ASCII characters; never in state or "+
					"plan. It is sent on create, and again when `api_key_secret_wo_version`, `api_key_sid` or "+
					"`rotate_when_changed` changes. A change raises `credentials_version`.", api.MinSecret, api.MaxSecret),
			},
			"api_key_secret_wo_version": schema.Int64Attribute{
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("api_key_secret_wo"))},
				MarkdownDescription: "Raise it to send `api_key_secret_wo` again.",
			},
			"region": schema.StringAttribute{
				Optional:   true,
				Validators: append(notEmpty(), stringvalidator.AlsoRequires(path.MatchRoot("edge"))),
				MarkdownDescription: "Region of the REST API, for example `ie1`, together with `edge`; the host is then " +
					"`api.{edge}.{region}.twilio.com`. Tokens and keys belong to one region. Default: `api.twilio.com`.",
			},
			"edge": schema.StringAttribute{
				Optional:            true,
				Validators:          append(notEmpty(), stringvalidator.AlsoRequires(path.MatchRoot("region"))),
				MarkdownDescription: "Edge of the REST API, for example `dublin`, together with `region`.",
			},
			"url":                 constant("Voice webhook of the phone number, method POST."),
			"voice_fallback_url":  constant("Fallback webhook of the phone number, method POST."),
			"status_callback_url": constant("Status callback of the phone number, method POST."),
			"media_url": schema.StringAttribute{
				Computed:      true,
				PlanModifiers: []planmodifier.String{onlyWith{path.Root("account_sid")}},
				MarkdownDescription: "Media stream URL for a `<Stream>` in TwiML of your own; null unless `account_sid` is set. " +
					"One stream is taken for each call. Its signature is the same every time: keep the URL to yourself, and " +
					"give an API key, so that the gateway can ask Twilio whether the call exists.",
			},
		})
}

func (m *twilioModel) toAPI(_ context.Context, config *twilioModel) (*api.TwilioChannel, diag.Diagnostics) {
	body := &api.TwilioChannel{
		Channel:                m.commonToAPI(),
		PhoneNumberToLiveAgent: m.PhoneNumberToLiveAgent.ValueString(),
		AccountSID:             m.AccountSID.ValueString(),
		APIKeySID:              m.APIKeySID.ValueString(),
		Region:                 m.Region.ValueString(),
		Edge:                   m.Edge.ValueString(),
	}
	if config == nil {
		return body, nil
	}
	// A value that turns out null only during apply would be left out silently,
	// and the old one would stay.
	for _, input := range []struct {
		name    string
		value   types.String
		version types.Int64
	}{
		{"authentication_token_wo", config.AuthenticationTokenWo, config.AuthenticationTokenWoVersion},
		{"api_key_secret_wo", config.APIKeySecretWo, config.APIKeySecretWoVersion},
	} {
		if !input.version.IsNull() && input.value.IsNull() {
			return body, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(input.name),
				"No value to send", input.name+"_version is set, but "+input.name+" is null.")}
		}
	}
	body.AuthenticationToken = config.AuthenticationToken.ValueString()
	if !config.AuthenticationTokenWo.IsNull() {
		body.AuthenticationToken = config.AuthenticationTokenWo.ValueString()
	}
	body.APIKeySecret = config.APIKeySecretWo.ValueString()
	return body, nil
}

func (m *twilioModel) fromAPI(_ context.Context, a *api.TwilioChannel) diag.Diagnostics {
	m.commonFromAPI(&a.Channel)
	m.PhoneNumberToLiveAgent = newText(a.PhoneNumberToLiveAgent)
	m.AccountSID = newText(a.AccountSID)
	m.APIKeySID = newText(a.APIKeySID)
	m.Region = newText(a.Region)
	m.Edge = newText(a.Edge)
	m.URL = newText(a.URL)
	m.VoiceFallbackURL = newText(a.VoiceFallbackURL)
	m.StatusCallbackURL = newText(a.StatusCallbackURL)
	m.MediaURL = newText(a.MediaURL)
	return nil
}

// secrets has the token only where state holds it.
func (m *twilioModel) secrets() map[string]*types.String {
	if !m.AuthenticationTokenWoVersion.IsNull() {
		return nil
	}
	return map[string]*types.String{"authentication_token": &m.AuthenticationToken}
}

func (m *twilioModel) secretInputsChanged(state *twilioModel) bool {
	return !m.AuthenticationTokenWoVersion.Equal(state.AuthenticationTokenWoVersion) ||
		!m.APIKeySecretWoVersion.Equal(state.APIKeySecretWoVersion) || !m.APIKeySID.Equal(state.APIKeySID) ||
		(!m.AuthenticationToken.IsNull() && !m.AuthenticationToken.Equal(state.AuthenticationToken))
}

func (m *twilioModel) lacksLiveAgent() bool { return m.PhoneNumberToLiveAgent.IsNull() }
