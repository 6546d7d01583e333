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
	URL                          types.String `tfsdk:"url"`
	VoiceFallbackURL             types.String `tfsdk:"voice_fallback_url"`
	StatusCallbackURL            types.String `tfsdk:"status_callback_url"`
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
			"url":                 constant("Voice webhook of the phone number, method POST."),
			"voice_fallback_url":  constant("Fallback webhook of the phone number, method POST."),
			"status_callback_url": constant("Status callback of the phone number, method POST."),
		})
}

func (m *twilioModel) toAPI(_ context.Context, config *twilioModel) (*api.TwilioChannel, diag.Diagnostics) {
	body := &api.TwilioChannel{
		Channel:                m.commonToAPI(),
		PhoneNumberToLiveAgent: m.PhoneNumberToLiveAgent.ValueString(),
	}
	switch {
	case config == nil:
	case !config.AuthenticationTokenWoVersion.IsNull() && config.AuthenticationTokenWo.IsNull():
		// A value that turns out null only during apply would be left out
		// silently, and the old token would stay.
		return body, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("authentication_token_wo"),
			"No token to send", "authentication_token_wo_version is set, but authentication_token_wo is null.")}
	case !config.AuthenticationTokenWo.IsNull():
		body.AuthenticationToken = config.AuthenticationTokenWo.ValueString()
	default:
		body.AuthenticationToken = config.AuthenticationToken.ValueString()
	}
	return body, nil
}

func (m *twilioModel) fromAPI(_ context.Context, a *api.TwilioChannel) diag.Diagnostics {
	m.commonFromAPI(&a.Channel)
	m.PhoneNumberToLiveAgent = newText(a.PhoneNumberToLiveAgent)
	m.URL = newText(a.URL)
	m.VoiceFallbackURL = newText(a.VoiceFallbackURL)
	m.StatusCallbackURL = newText(a.StatusCallbackURL)
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
		(!m.AuthenticationToken.IsNull() && !m.AuthenticationToken.Equal(state.AuthenticationToken))
}

func (m *twilioModel) lacksLiveAgent() bool { return m.PhoneNumberToLiveAgent.IsNull() }
