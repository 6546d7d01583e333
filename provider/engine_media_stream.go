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
	userBotModel
	OnEngineClose types.String `tfsdk:"on_engine_close"`
}

var mediaStreamTypes = userBotTypes(map[string]attr.Type{"on_engine_close": types.StringType})

func mediaStreamAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A bot written for Twilio Media Streams (`<Connect><Stream>`), which answers calls of every " +
			"channel: the gateway takes Twilio's part. The guide about engines says more.",
		Attributes: userBotAttributes(map[string]schema.Attribute{
			"on_engine_close": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{stringvalidator.OneOf(
					api.OnEngineCloseEnd, api.OnEngineCloseTransfer, api.OnEngineCloseFallback)},
				MarkdownDescription: "What happens when the bot closes the stream: `end` the call (default), `transfer` it to " +
					"the channel's live agent, or run the `fallback`. A stream that breaks is opened again instead.",
			},
		}),
	}
}

func mediaStreamToAPI(ctx context.Context, o types.Object) (*api.MediaStreamEngine, diag.Diagnostics) {
	var m mediaStreamModel
	diags := o.As(ctx, &m, unfinished)
	return &api.MediaStreamEngine{UserBot: m.userBot(), OnEngineClose: m.OnEngineClose.ValueString()}, diags
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
		userBotModel: newUserBot(e.UserBot, before.userBotModel), OnEngineClose: newText(e.OnEngineClose),
	})
	return object, append(diags, more...)
}
