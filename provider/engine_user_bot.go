package provider

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// userBotModel holds what the engines for bots of users have in common; they
// embed it.
type userBotModel struct {
	URL             types.String `tfsdk:"url"`
	AllowInsecure   types.Bool   `tfsdk:"allow_insecure"`
	APIKeyWo        types.String `tfsdk:"api_key_wo"`
	APIKeyWoVersion types.Int64  `tfsdk:"api_key_wo_version"`
	AccountSID      types.String `tfsdk:"account_sid"`
}

// userBotTypes adds the types of userBotModel to those of an engine.
func userBotTypes(all map[string]attr.Type) map[string]attr.Type {
	maps.Copy(all, map[string]attr.Type{
		"url": types.StringType, "allow_insecure": types.BoolType,
		"api_key_wo": types.StringType, "api_key_wo_version": types.Int64Type,
		"account_sid": types.StringType,
	})
	return all
}

// userBotAttributes adds the attributes of userBotModel to those of an engine.
func userBotAttributes(all map[string]schema.Attribute) map[string]schema.Attribute {
	maps.Copy(all, map[string]schema.Attribute{
		"url": schema.StringAttribute{
			Required: true, Validators: notEmpty(),
			MarkdownDescription: "WebSocket address of the bot, `wss://host/path`, without a query, which Twilio does not " +
				"send either. The handshake is signed over exactly this text.",
		},
		"allow_insecure": insecureAttribute("ws"),
		"api_key_wo": secretAttribute(
			"Key of the signature `X-Twilio-Signature`, the auth token that the bot checks it with", "api_key_wo"),
		"api_key_wo_version": secretVersionAttribute("api_key_wo"),
		"account_sid": schema.StringAttribute{
			Optional: true, Validators: notEmpty(),
			MarkdownDescription: "Account that the bot is told, `AC` and 32 hexadecimal digits, for bots that compare it. " +
				"Default: one made from the address.",
		},
	})
	return all
}

// userBot gives the shared part of a request.
func (m *userBotModel) userBot() api.UserBot {
	return api.UserBot{
		URL: m.URL.ValueString(), AllowInsecure: m.AllowInsecure.ValueBool(),
		APIKey: m.APIKeyWo.ValueString(), APIKeyVersion: m.APIKeyWoVersion.ValueInt64(),
		AccountSID: m.AccountSID.ValueString(),
	}
}

// newUserBot takes over the shared part of an answer.
func newUserBot(b api.UserBot, before userBotModel) userBotModel {
	return userBotModel{
		URL: newText(b.URL), AllowInsecure: newFlag(b.AllowInsecure, before.AllowInsecure),
		APIKeyWo: types.StringNull(), APIKeyWoVersion: newInteger(b.APIKeyVersion), AccountSID: newText(b.AccountSID),
	}
}
