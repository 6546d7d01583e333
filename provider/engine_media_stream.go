package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type mediaStreamModel struct {
	URL             types.String `tfsdk:"url"`
	AllowInsecure   types.Bool   `tfsdk:"allow_insecure"`
	APIKeyWo        types.String `tfsdk:"api_key_wo"`
	APIKeyWoVersion types.Int64  `tfsdk:"api_key_wo_version"`
	AccountSID      types.String `tfsdk:"account_sid"`
	OnEngineClose   types.String `tfsdk:"on_engine_close"`
}

var mediaStreamTypes = map[string]attr.Type{
	"url": types.StringType, "allow_insecure": types.BoolType,
	"api_key_wo": types.StringType, "api_key_wo_version": types.Int64Type,
	"account_sid": types.StringType, "on_engine_close": types.StringType,
}

func mediaStreamAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A bot written for Twilio Media Streams (`<Connect><Stream>`), which answers calls of every " +
			"channel: the gateway takes Twilio's part. The guide about engines says more.",
		Attributes: map[string]schema.Attribute{
			"url":                userBotURLAttribute(),
			"allow_insecure":     userBotInsecureAttribute(),
			"api_key_wo":         secretAttribute(userBotKey, "api_key_wo"),
			"api_key_wo_version": secretVersionAttribute("api_key_wo"),
			"account_sid":        userBotAccountAttribute(),
			"on_engine_close": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{stringvalidator.OneOf(
					api.OnEngineCloseEnd, api.OnEngineCloseTransfer, api.OnEngineCloseFallback)},
				MarkdownDescription: "What happens when the bot closes the stream: `end` the call (default), `transfer` it to " +
					"the channel's live agent, or run the `fallback`. A stream that breaks is opened again instead.",
			},
		},
	}
}

// userBotKey describes the key of a bot of the user.
const userBotKey = "Key of the signature `X-Twilio-Signature`, the auth token that the bot checks it with"

func userBotURLAttribute() schema.Attribute {
	return schema.StringAttribute{
		Required: true, Validators: notEmpty(),
		MarkdownDescription: "WebSocket address of the bot, `wss://host/path`, without a query, which Twilio does not send " +
			"either. The handshake is signed over exactly this text.",
	}
}

func userBotInsecureAttribute() schema.Attribute {
	return schema.BoolAttribute{
		Optional: true,
		MarkdownDescription: "Permit an unencrypted `ws://` address, which must also lie in the gateway's " +
			"`VA_OUTBOUND_ALLOW_CIDRS`. Default `false`.",
	}
}

func userBotAccountAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Validators: notEmpty(),
		MarkdownDescription: "Account that the bot is told, `AC` and 32 hexadecimal digits, for bots that compare it. " +
			"Default: one made from the address.",
	}
}

func mediaStreamToAPI(ctx context.Context, o types.Object) (*api.MediaStreamEngine, diag.Diagnostics) {
	var m mediaStreamModel
	diags := o.As(ctx, &m, unfinished)
	return &api.MediaStreamEngine{
		URL: m.URL.ValueString(), AllowInsecure: m.AllowInsecure.ValueBool(),
		APIKey: m.APIKeyWo.ValueString(), APIKeyVersion: m.APIKeyWoVersion.ValueInt64(),
		AccountSID: m.AccountSID.ValueString(), OnEngineClose: m.OnEngineClose.ValueString(),
	}, diags
}

func newMediaStream(
	ctx context.Context, e *api.MediaStreamEngine, prior types.Object,
) (types.Object, diag.Diagnostics) {
	if e == nil {
		return types.ObjectNull(mediaStreamTypes), nil
	}
	var before mediaStreamModel
	diags := prior.As(ctx, &before, unfinished)
	object, more := types.ObjectValueFrom(ctx, mediaStreamTypes, mediaStreamModel{
		URL: newText(e.URL), AllowInsecure: newFlag(e.AllowInsecure, before.AllowInsecure),
		APIKeyWo: types.StringNull(), APIKeyWoVersion: newInteger(e.APIKeyVersion),
		AccountSID: newText(e.AccountSID), OnEngineClose: newText(e.OnEngineClose),
	})
	return object, append(diags, more...)
}
