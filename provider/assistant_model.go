package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

type assistantModel struct {
	objectBase
	Name                  types.String  `tfsdk:"name"`
	Description           types.String  `tfsdk:"description"`
	Tags                  types.Set     `tfsdk:"tags"`
	Instructions          types.String  `tfsdk:"instructions"`
	Language              types.String  `tfsdk:"language"`
	Greeting              types.String  `tfsdk:"greeting"`
	GreetingMode          types.String  `tfsdk:"greeting_mode"`
	GreetingInterruptible types.Bool    `tfsdk:"greeting_interruptible"`
	Voice                 types.Object  `tfsdk:"voice"`
	Variables             types.Map     `tfsdk:"variables"`
	Engine                types.Object  `tfsdk:"engine"`
	Turn                  types.Object  `tfsdk:"turn"`
	Transfers             types.Map     `tfsdk:"transfers"`
	MaxCallDuration       durationValue `tfsdk:"max_call_duration"`
	InactivityTimeout     durationValue `tfsdk:"inactivity_timeout"`
	InactivityPrompt      types.String  `tfsdk:"inactivity_prompt"`
	Fallback              types.String  `tfsdk:"fallback"`
	StatusReasons         types.List    `tfsdk:"status_reasons"`
}

type voiceModel struct {
	ID             types.String  `tfsdk:"id"`
	Speed          types.Float64 `tfsdk:"speed"`
	Pronunciations types.Map     `tfsdk:"pronunciations"`
}

type engineModel struct {
	Scripted          types.Object `tfsdk:"scripted"`
	OpenAIRealtime    types.Object `tfsdk:"openai_realtime"`
	MediaStream       types.Object `tfsdk:"media_stream"`
	ConversationRelay types.Object `tfsdk:"conversation_relay"`
}

type scriptedModel struct {
	ScriptJSON types.String `tfsdk:"script_json"`
	TTS        types.String `tfsdk:"tts"`
	STT        types.String `tfsdk:"stt"`
}

type turnModel struct {
	Silence        durationValue `tfsdk:"silence"`
	MinInterrupt   durationValue `tfsdk:"min_interrupt"`
	DTMFInterrupts types.Bool    `tfsdk:"dtmf_interrupts"`
}

type transferModel struct {
	Description types.String `tfsdk:"description"`
	Destination types.String `tfsdk:"destination"`
	Announce    types.String `tfsdk:"announce"`
}

// Types of the nested objects, as the schema gives them.
var (
	voiceTypes = map[string]attr.Type{
		"id": types.StringType, "speed": types.Float64Type, "pronunciations": types.MapType{ElemType: types.StringType},
	}
	scriptedTypes = map[string]attr.Type{
		"script_json": types.StringType, "tts": types.StringType, "stt": types.StringType,
	}
	engineTypes = map[string]attr.Type{
		"scripted":           types.ObjectType{AttrTypes: scriptedTypes},
		"openai_realtime":    types.ObjectType{AttrTypes: openAIRealtimeTypes},
		"media_stream":       types.ObjectType{AttrTypes: mediaStreamTypes},
		"conversation_relay": types.ObjectType{AttrTypes: conversationRelayTypes},
	}
	turnTypes = map[string]attr.Type{
		"silence": durationType{}, "min_interrupt": durationType{}, "dtmf_interrupts": types.BoolType,
	}
	transferTypes = map[string]attr.Type{
		"description": types.StringType, "destination": types.StringType, "announce": types.StringType,
	}
)

// unfinished lets an object that is null or not known yet read as empty.
var unfinished = basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true, UnhandledUnknownAsEmpty: true}

func present(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }

func (m *assistantModel) toAPI(ctx context.Context, config *assistantModel) (*api.Assistant, diag.Diagnostics) {
	a := &api.Assistant{
		Name:                  m.Name.ValueString(),
		Description:           m.Description.ValueString(),
		Tags:                  stringSlice(m.Tags),
		Instructions:          m.Instructions.ValueString(),
		Language:              m.Language.ValueString(),
		Greeting:              m.Greeting.ValueString(),
		GreetingMode:          m.GreetingMode.ValueString(),
		GreetingInterruptible: boolPointer(m.GreetingInterruptible),
		Variables:             stringMap(m.Variables),
		MaxCallDuration:       m.MaxCallDuration.duration(),
		InactivityTimeout:     m.InactivityTimeout.duration(),
		InactivityPrompt:      m.InactivityPrompt.ValueString(),
		Fallback:              m.Fallback.ValueString(),
	}
	var diags diag.Diagnostics
	if present(m.Voice) {
		var v voiceModel
		diags.Append(m.Voice.As(ctx, &v, unfinished)...)
		a.Voice = &api.Voice{
			ID: v.ID.ValueString(), Speed: v.Speed.ValueFloat64(), Pronunciations: stringMap(v.Pronunciations),
		}
	}
	if present(m.Engine) {
		var more diag.Diagnostics
		a.Engine, more = engineToAPI(ctx, m.Engine)
		diags.Append(more...)
		if config != nil && !diags.HasError() {
			diags.Append(addSecrets(ctx, a, config)...)
		}
	}
	if present(m.Turn) {
		var t turnModel
		diags.Append(m.Turn.As(ctx, &t, unfinished)...)
		a.Turn = &api.Turn{
			Silence: t.Silence.duration(), MinInterrupt: t.MinInterrupt.pointer(), DTMFInterrupts: boolPointer(t.DTMFInterrupts),
		}
	}
	for name, element := range m.Transfers.Elements() {
		var t transferModel
		if object, ok := element.(types.Object); ok {
			diags.Append(object.As(ctx, &t, unfinished)...)
		}
		if a.Transfers == nil {
			a.Transfers = map[string]api.Transfer{}
		}
		a.Transfers[name] = api.Transfer{
			Description: t.Description.ValueString(), Destination: t.Destination.ValueString(),
			Announce: t.Announce.ValueString(),
		}
	}
	return a, diags
}

func (m *assistantModel) fromAPI(ctx context.Context, a *api.Assistant) diag.Diagnostics {
	m.ID = types.StringValue(a.ID)
	m.Status = newText(a.Status)
	m.CreatedAt = newTime(a.CreatedAt)
	m.UpdatedAt = newTime(a.UpdatedAt)
	m.Name = newText(a.Name)
	m.Description = newText(a.Description)
	m.Tags = newStringSet(a.Tags, m.Tags)
	m.Instructions = newText(a.Instructions)
	m.Language = newText(a.Language)
	m.Greeting = newText(a.Greeting)
	m.GreetingMode = newText(a.GreetingMode)
	m.GreetingInterruptible = newBool(a.GreetingInterruptible)
	m.Variables = newStringMap(a.Variables, m.Variables)
	m.MaxCallDuration = newDuration(&a.MaxCallDuration)
	m.InactivityTimeout = newDuration(&a.InactivityTimeout)
	m.InactivityPrompt = newText(a.InactivityPrompt)
	m.Fallback = newText(a.Fallback)

	var diags, more diag.Diagnostics
	reasons := a.StatusReasons
	if reasons == nil {
		reasons = []string{}
	}
	m.StatusReasons, more = types.ListValueFrom(ctx, types.StringType, reasons)
	diags.Append(more...)
	m.Voice, more = newVoice(ctx, a.Voice, m.Voice)
	diags.Append(more...)
	m.Engine, more = newEngine(ctx, a.Engine, m.Engine)
	diags.Append(more...)
	m.Turn, more = newTurn(ctx, a.Turn)
	diags.Append(more...)
	m.Transfers, more = newTransfers(ctx, a.Transfers, m.Transfers)
	diags.Append(more...)
	return diags
}

func newVoice(ctx context.Context, v *api.Voice, prior types.Object) (types.Object, diag.Diagnostics) {
	if v == nil {
		return types.ObjectNull(voiceTypes), nil
	}
	var before voiceModel
	diags := prior.As(ctx, &before, unfinished)
	object, more := types.ObjectValueFrom(ctx, voiceTypes, voiceModel{
		ID: newText(v.ID), Speed: newNumber(v.Speed),
		Pronunciations: newStringMap(v.Pronunciations, before.Pronunciations),
	})
	return object, append(diags, more...)
}

func newTurn(ctx context.Context, t *api.Turn) (types.Object, diag.Diagnostics) {
	if t == nil {
		return types.ObjectNull(turnTypes), nil
	}
	var silence *api.Duration
	if t.Silence != 0 {
		silence = &t.Silence
	}
	return types.ObjectValueFrom(ctx, turnTypes, turnModel{
		Silence: newDuration(silence), MinInterrupt: newDuration(t.MinInterrupt), DTMFInterrupts: newBool(t.DTMFInterrupts),
	})
}

func newTransfers(
	ctx context.Context, transfers map[string]api.Transfer, prior types.Map,
) (types.Map, diag.Diagnostics) {
	element := types.ObjectType{AttrTypes: transferTypes}
	if len(transfers) == 0 && (!present(prior) || len(prior.Elements()) > 0) {
		return types.MapNull(element), nil
	}
	models := make(map[string]transferModel, len(transfers))
	for name, t := range transfers {
		models[name] = transferModel{
			Description: newText(t.Description), Destination: newText(t.Destination), Announce: newText(t.Announce),
		}
	}
	return types.MapValueFrom(ctx, element, models)
}

// newNumber is null for 0, which no range of this provider includes.
func newNumber(n float64) types.Float64 {
	if n == 0 {
		return types.Float64Null()
	}
	return types.Float64Value(n)
}
