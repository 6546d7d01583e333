package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type openAIRealtimeModel struct {
	BaseURL            types.String  `tfsdk:"base_url"`
	AllowInsecure      types.Bool    `tfsdk:"allow_insecure"`
	Model              types.String  `tfsdk:"model"`
	Headers            types.Map     `tfsdk:"headers"`
	APIKeyWo           types.String  `tfsdk:"api_key_wo"`
	APIKeyWoVersion    types.Int64   `tfsdk:"api_key_wo_version"`
	APIKeyHeader       types.String  `tfsdk:"api_key_header"`
	TurnDetection      types.String  `tfsdk:"turn_detection"`
	Threshold          types.Float64 `tfsdk:"threshold"`
	PrefixPadding      durationValue `tfsdk:"prefix_padding"`
	Eagerness          types.String  `tfsdk:"eagerness"`
	NoiseReduction     types.String  `tfsdk:"noise_reduction"`
	TranscriptionModel types.String  `tfsdk:"transcription_model"`
	MaxOutputTokens    types.Int64   `tfsdk:"max_output_tokens"`
}

var openAIRealtimeTypes = map[string]attr.Type{
	"base_url": types.StringType, "allow_insecure": types.BoolType, "model": types.StringType,
	"headers":    types.MapType{ElemType: types.StringType},
	"api_key_wo": types.StringType, "api_key_wo_version": types.Int64Type, "api_key_header": types.StringType,
	"turn_detection": types.StringType, "threshold": types.Float64Type, "prefix_padding": durationType{},
	"eagerness": types.StringType, "noise_reduction": types.StringType, "transcription_model": types.StringType,
	"max_output_tokens": types.Int64Type,
}

func openAIRealtimeAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A speech-to-speech model behind the OpenAI Realtime protocol: OpenAI's own, or a compatible " +
			"server. `voice.id` names its voice, for example `marin`. The guide about engines says more.",
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Optional: true, Validators: notEmpty(),
				MarkdownDescription: "WebSocket address without the model. Default `" + api.DefaultRealtimeURL + "`.",
			},
			"allow_insecure": insecureAttribute("ws"),
			"model": schema.StringAttribute{
				Required: true, Validators: text(api.MaxModel),
				MarkdownDescription: "Model, for example `gpt-realtime`; sent as a query parameter and in the session.",
			},
			"headers": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				Validators: []validator.Map{mapvalidator.SizeAtMost(api.MaxHeaders)},
				MarkdownDescription: fmt.Sprintf("Further headers of the handshake, at most %d. They are stored in clear: the key "+
					"belongs into `api_key_wo`.", api.MaxHeaders),
			},
			"api_key_wo":         secretAttribute("Key of the backend", "api_key_wo"),
			"api_key_wo_version": secretVersionAttribute("api_key_wo"),
			"api_key_header": schema.StringAttribute{
				Optional: true, Validators: notEmpty(),
				MarkdownDescription: "Header that carries the key as it is, for example `api-key` for Azure. Default: " +
					"`Authorization` with `Bearer`.",
			},
			"turn_detection": schema.StringAttribute{
				Optional: true,
				Validators: []validator.String{
					stringvalidator.OneOf(api.TurnDetectionServerVAD, api.TurnDetectionSemanticVAD),
				},
				MarkdownDescription: "How the backend finds the end of the caller's turn: `server_vad` (default; after a pause " +
					"of `turn.silence`) or `semantic_vad` (by what was said).",
			},
			"threshold": schema.Float64Attribute{
				Optional: true, Validators: []validator.Float64{float64validator.Between(0, 1)},
				MarkdownDescription: "Activation of `server_vad`, 0 to 1; higher needs louder speech. Default: the backend's.",
			},
			"prefix_padding": durationAttribute(fmt.Sprintf("Audio that `server_vad` keeps from before the speech, `0s` to "+
				"`%s`. Default `%s`.", api.Duration(api.MaxPrefixPadding), api.Duration(api.DefaultRealtimePrefixPadding))),
			"eagerness": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.OneOf("low", "medium", "high", "auto")},
				MarkdownDescription: "How soon `semantic_vad` answers: `low` waits for up to 8 s, `medium` 4 s, `high` 2 s, or " +
					"`auto`. Default: the backend's.",
			},
			"noise_reduction": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.OneOf("near_field", "far_field")},
				MarkdownDescription: "Noise reduction before turn detection: `near_field` for handsets, `far_field` for " +
					"speakerphones. Default: none.",
			},
			"transcription_model": schema.StringAttribute{
				Optional: true, Validators: text(api.MaxModel),
				MarkdownDescription: "Model that writes down what the caller says, for the call record and for a conversation " +
					"that is opened again; `none` for no transcript. Default `" + api.DefaultTranscriptionModel + "`.",
			},
			"max_output_tokens": schema.Int64Attribute{
				Optional: true, Validators: []validator.Int64{int64validator.Between(1, api.MaxRealtimeTokens)},
				MarkdownDescription: fmt.Sprintf("Longest answer in tokens, 1 to %d. Default: no limit.", api.MaxRealtimeTokens),
			},
		},
	}
}

func openAIRealtimeToAPI(ctx context.Context, o types.Object) (*api.OpenAIRealtimeEngine, diag.Diagnostics) {
	var m openAIRealtimeModel
	diags := o.As(ctx, &m, unfinished)
	return &api.OpenAIRealtimeEngine{
		BaseURL: m.BaseURL.ValueString(), AllowInsecure: m.AllowInsecure.ValueBool(), Model: m.Model.ValueString(),
		Headers: stringMap(m.Headers), APIKey: m.APIKeyWo.ValueString(), APIKeyVersion: m.APIKeyWoVersion.ValueInt64(),
		APIKeyHeader: m.APIKeyHeader.ValueString(), TurnDetection: m.TurnDetection.ValueString(),
		Threshold: m.Threshold.ValueFloat64Pointer(), PrefixPadding: m.PrefixPadding.pointer(),
		Eagerness: m.Eagerness.ValueString(), NoiseReduction: m.NoiseReduction.ValueString(),
		TranscriptionModel: m.TranscriptionModel.ValueString(), MaxOutputTokens: m.MaxOutputTokens.ValueInt64(),
	}, diags
}

func newOpenAIRealtime(
	ctx context.Context, e *api.OpenAIRealtimeEngine, prior types.Object,
) (types.Object, diag.Diagnostics) {
	if e == nil {
		return types.ObjectNull(openAIRealtimeTypes), nil
	}
	var before openAIRealtimeModel
	diags := prior.As(ctx, &before, unfinished)
	object, more := types.ObjectValueFrom(ctx, openAIRealtimeTypes, openAIRealtimeModel{
		BaseURL: newText(e.BaseURL), AllowInsecure: newFlag(e.AllowInsecure, before.AllowInsecure),
		Model: newText(e.Model), Headers: newStringMap(e.Headers, before.Headers),
		APIKeyWo: types.StringNull(), APIKeyWoVersion: newInteger(e.APIKeyVersion),
		APIKeyHeader: newText(e.APIKeyHeader), TurnDetection: newText(e.TurnDetection),
		Threshold: types.Float64PointerValue(e.Threshold), PrefixPadding: newDuration(e.PrefixPadding),
		Eagerness: newText(e.Eagerness), NoiseReduction: newText(e.NoiseReduction),
		TranscriptionModel: newText(e.TranscriptionModel), MaxOutputTokens: newInteger(e.MaxOutputTokens),
	})
	return object, append(diags, more...)
}
