package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type conversationRelayModel struct {
	userBotModel
	PlayHosts types.Set    `tfsdk:"play_hosts"`
	STT       types.Object `tfsdk:"stt"`
	TTS       types.Object `tfsdk:"tts"`
}

type speechServiceModel struct {
	BaseURL         types.String `tfsdk:"base_url"`
	AllowInsecure   types.Bool   `tfsdk:"allow_insecure"`
	Model           types.String `tfsdk:"model"`
	APIKeyWo        types.String `tfsdk:"api_key_wo"`
	APIKeyWoVersion types.Int64  `tfsdk:"api_key_wo_version"`
}

var (
	speechServiceTypes = map[string]attr.Type{
		"base_url": types.StringType, "allow_insecure": types.BoolType, "model": types.StringType,
		"api_key_wo": types.StringType, "api_key_wo_version": types.Int64Type,
	}
	conversationRelayTypes = userBotTypes(map[string]attr.Type{
		"play_hosts": types.SetType{ElemType: types.StringType},
		"stt":        types.ObjectType{AttrTypes: speechServiceTypes}, "tts": types.ObjectType{AttrTypes: speechServiceTypes},
	})
)

func conversationRelayAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A text bot written for ConversationRelay, which answers calls of every channel: the gateway " +
			"takes the platform's part, listens and speaks for it. The guide about engines says more.",
		Attributes: userBotAttributes(map[string]schema.Attribute{
			"play_hosts": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Set{setvalidator.SizeBetween(1, api.MaxPlayHosts)},
				MarkdownDescription: fmt.Sprintf("Hosts from which the bot may have sounds played, at most %d. Default: the "+
					"bot's own.", api.MaxPlayHosts),
			},
			"stt": speechServiceAttribute("Service that writes down what the caller says, compatible with OpenAI's HTTP API. "+
				"Without it the bot gets keys only.", api.DefaultTranscribeModel),
			"tts": speechServiceAttribute("Service that speaks the bot's words, compatible with OpenAI's HTTP API, in the "+
				"voice `voice.id` (default `"+api.DefaultSpeechVoice+"`). Without it the gateway speaks them itself.",
				api.DefaultSpeechModel),
		}),
	}
}

func speechServiceAttribute(what, model string) schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: what,
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional: true, Validators: notEmpty(),
				MarkdownDescription: "Address up to `/audio`. Default `" + api.DefaultSpeechURL + "`.",
			},
			"allow_insecure": insecureAttribute("http"),
			"model": schema.StringAttribute{
				Optional: true, Validators: text(api.MaxModel),
				MarkdownDescription: "Model. Default `" + model + "`.",
			},
			"api_key_wo":         secretAttribute("Key of the service", "api_key_wo"),
			"api_key_wo_version": secretVersionAttribute("api_key_wo"),
		},
	}
}

func conversationRelayToAPI(ctx context.Context, o types.Object) (*api.ConversationRelayEngine, diag.Diagnostics) {
	var m conversationRelayModel
	diags := o.As(ctx, &m, unfinished)
	e := &api.ConversationRelayEngine{UserBot: m.userBot(), PlayHosts: stringSlice(m.PlayHosts)}
	for _, s := range []struct {
		from types.Object
		to   **api.SpeechService
	}{{m.STT, &e.STT}, {m.TTS, &e.TTS}} {
		if s.from.IsNull() {
			continue
		}
		var service speechServiceModel
		diags.Append(s.from.As(ctx, &service, unfinished)...)
		*s.to = &api.SpeechService{
			BaseURL: service.BaseURL.ValueString(), AllowInsecure: service.AllowInsecure.ValueBool(),
			Model: service.Model.ValueString(), APIKey: service.APIKeyWo.ValueString(),
			APIKeyVersion: service.APIKeyWoVersion.ValueInt64(),
		}
	}
	return e, diags
}

func newConversationRelay(
	ctx context.Context, e *api.ConversationRelayEngine, prior types.Object,
) (types.Object, diag.Diagnostics) {
	if e == nil {
		return types.ObjectNull(conversationRelayTypes), nil
	}
	var before conversationRelayModel
	diags := prior.As(ctx, &before, unfinished)
	stt, more := newSpeechService(ctx, e.STT, before.STT)
	diags.Append(more...)
	tts, more := newSpeechService(ctx, e.TTS, before.TTS)
	diags.Append(more...)
	object, more := types.ObjectValueFrom(ctx, conversationRelayTypes, conversationRelayModel{
		userBotModel: newUserBot(e.UserBot, before.userBotModel),
		PlayHosts:    newStringSet(e.PlayHosts, before.PlayHosts), STT: stt, TTS: tts,
	})
	return object, append(diags, more...)
}

func newSpeechService(ctx context.Context, s *api.SpeechService, prior types.Object) (types.Object, diag.Diagnostics) {
	if s == nil {
		return types.ObjectNull(speechServiceTypes), nil
	}
	var before speechServiceModel
	diags := prior.As(ctx, &before, unfinished)
	object, more := types.ObjectValueFrom(ctx, speechServiceTypes, speechServiceModel{
		BaseURL: newText(s.BaseURL), AllowInsecure: newFlag(s.AllowInsecure, before.AllowInsecure),
		Model: newText(s.Model), APIKeyWo: types.StringNull(), APIKeyWoVersion: newInteger(s.APIKeyVersion),
	})
	return object, append(diags, more...)
}
