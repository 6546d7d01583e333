package provider

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func newAssistant() resource.Resource {
	kind := objectKind[*api.Assistant]{
		name:       "assistant",
		noun:       "assistant",
		prefix:     api.PrefixAssistant,
		list:       "/v1/assistants",
		one:        "/v1/assistants/%s",
		remove:     "/v1/assistants/%s",
		readScope:  api.ScopeAssistantsRead,
		writeScope: api.ScopeAssistantsRW,
		meta:       func(a *api.Assistant) (string, int64) { return a.ID, a.Revision },
		schema:     assistantSchema,
	}
	return &assistantResource{objectResource[assistantModel, *api.Assistant, *assistantModel]{kind: kind}}
}

func assistantSchema(ctx context.Context) schema.Schema {
	all := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: fmt.Sprintf("Unique name, 1 to %d characters.", api.MaxName),
		},
		"description": schema.StringAttribute{
			Optional:            true,
			Validators:          text(api.MaxDescription),
			MarkdownDescription: fmt.Sprintf("Text for people, at most %d characters.", api.MaxDescription),
		},
		"tags": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.Set{setvalidator.SizeAtMost(api.MaxTags)},
			MarkdownDescription: fmt.Sprintf("Labels for analytics, at most %d of 1 to %d characters; they change nothing else.",
				api.MaxTags, api.MaxTag),
		},
		"instructions": schema.StringAttribute{
			Optional:   true,
			Validators: text(api.MaxInstructions),
			MarkdownDescription: fmt.Sprintf("What the model is told about its task, at most %d characters; `{{name}}` stands "+
				"for a variable, and Terraform's `file()` reads it from a file. The scripted engine does not read it.",
				api.MaxInstructions),
		},
		"language": withDefault(schema.StringAttribute{
			MarkdownDescription: "BCP 47 tag of the language spoken and understood. Default `" + api.DefaultLanguage + "`.",
		}, api.DefaultLanguage),
		"greeting": schema.StringAttribute{
			Optional:   true,
			Validators: text(api.MaxGreeting),
			MarkdownDescription: fmt.Sprintf("First sentence of the assistant, at most %d characters. Default: %q",
				api.MaxGreeting, api.DefaultGreeting),
		},
		"greeting_mode": withDefault(schema.StringAttribute{
			Validators: []validator.String{stringvalidator.OneOf(api.AssistantFirst, api.CallerFirst, api.Generated)},
			MarkdownDescription: "Who speaks first: `assistant_first` (default; says `greeting`), `caller_first`, or " +
				"`generated`: the model greets in its own words, from `instructions`. The scripted engine has no words of " +
				"its own.",
		}, api.AssistantFirst),
		"greeting_interruptible": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether the caller may talk over the greeting. Default `true`.",
		},
		"variables": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: fmt.Sprintf("Values the engine may read, written `{{name}}` in spoken texts; what the "+
				"platform passes in overrides them. At most %d, each at most %d characters.",
				api.MaxVariables, api.MaxVariableValue),
		},
		"max_call_duration": withDefault(durationAttribute(fmt.Sprintf(
			"Longest call, `%s` to `%s`; expiry runs `fallback`. Default `%s`.", api.Duration(api.MinMaxCallDuration),
			api.Duration(api.MaxMaxCallDuration), api.Duration(api.DefaultMaxCallDuration))),
			api.Duration(api.DefaultMaxCallDuration).String()),
		"inactivity_timeout": withDefault(durationAttribute(fmt.Sprintf(
			"Silence of the caller, `%s` to `%s`, until `inactivity_prompt`; the second expiry runs `fallback`. Default `%s`.",
			api.Duration(api.MinInactivityTimeout), api.Duration(api.MaxInactivityTimeout),
			api.Duration(api.DefaultInactivityTimeout))), api.Duration(api.DefaultInactivityTimeout).String()),
		"inactivity_prompt": withDefault(schema.StringAttribute{
			Validators: text(api.MaxGreeting),
			MarkdownDescription: fmt.Sprintf("Sentence spoken after the first inactivity timeout, at most %d characters. "+
				"Default: %q", api.MaxGreeting, api.DefaultInactivityPrompt),
		}, api.DefaultInactivityPrompt),
		"fallback": withDefault(schema.StringAttribute{
			Validators: []validator.String{stringvalidator.OneOf(api.FallbackLiveAgent, api.FallbackEndCall)},
			MarkdownDescription: "What happens when the engine fails, time runs out or the caller stays silent: `live_agent` " +
				"(default; where a channel names no live agent, the call ends) or `end_call`.",
		}, api.FallbackLiveAgent),
		"status_reasons": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Why the assistant is inactive; empty when it is active.",
		},
		"voice":     voiceAttribute(),
		"engine":    engineAttribute(),
		"turn":      turnAttribute(),
		"transfers": transfersAttribute(),
	}
	maps.Copy(all, baseAttributes(ctx, "assistant",
		"An assistant is `active` when at least one enabled channel exists and the engine can start."))
	return schema.Schema{
		MarkdownDescription: "A voice assistant. Channels (`va_channel_…`) connect it to telephony.\n\n" +
			"Admin API: `/v1/assistants`, `/v1/assistants/{id}`; scope `assistants:rw`.",
		Attributes: all,
	}
}

func voiceAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How the assistant sounds. Default: the engine's own voice.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional:   true,
				Validators: text(api.MaxVoiceID),
				MarkdownDescription: "Voice of the engine, for example `en-us+f3` for espeak-ng or `marin` for " +
					"`openai_realtime`. Default: the engine's own choice.",
			},
			"speed": schema.Float64Attribute{
				Optional:   true,
				Validators: []validator.Float64{float64validator.Between(api.MinVoiceSpeed, api.MaxVoiceSpeed)},
				MarkdownDescription: fmt.Sprintf("Speaking rate relative to normal, %g to %g. Default `%g`.",
					api.MinVoiceSpeed, api.MaxVoiceSpeed, api.DefaultVoiceSpeed),
			},
			"pronunciations": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: fmt.Sprintf("Word and how to say it, as a respelling. At most %d.", api.MaxPronunciations),
			},
		},
	}
}

// engineAttribute has no Default: that would make it Computed, which forbids
// the write-only keys that some engines have.
func engineAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "The AI backend: exactly one of its attributes. Default: the scripted engine with its default " +
			"script.",
		Attributes: map[string]schema.Attribute{
			"scripted": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The offline engine that follows a script.",
				Attributes: map[string]schema.Attribute{
					"script_json": schema.StringAttribute{
						Optional:   true,
						Validators: []validator.String{stringvalidator.LengthBetween(1, api.MaxScript)},
						MarkdownDescription: fmt.Sprintf("States of the conversation as JSON, at most %d bytes. Default: the default "+
							"script: `0` or \"agent\" for a live agent, `#` or \"goodbye\" to end, `9` or \"echo\" for an echo, `*` or "+
							"\"repeat\" to hear it again.", api.MaxScript),
					},
					"tts": schema.StringAttribute{
						Optional:   true,
						Validators: []validator.String{stringvalidator.OneOf(api.SpeechAuto, api.TTSEspeak, api.TTSEmbedded)},
						MarkdownDescription: "Speech synthesis: `auto` (default; espeak-ng when installed, else the embedded prompts), " +
							"`espeak-ng` or `embedded`.",
					},
					"stt": schema.StringAttribute{
						Optional:   true,
						Validators: []validator.String{stringvalidator.OneOf(api.SpeechAuto, api.STTPocketsphinx, api.STTNone)},
						MarkdownDescription: "Recognition of spoken keywords: `auto` (default; pocketsphinx when installed, else keys " +
							"only), `pocketsphinx` or `none`.",
					},
				},
			},
			"openai_realtime":    openAIRealtimeAttribute(),
			"media_stream":       mediaStreamAttribute(),
			"conversation_relay": conversationRelayAttribute(),
		},
	}
}

func turnAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Turn-taking.",
		Attributes: map[string]schema.Attribute{
			"silence": durationAttribute(fmt.Sprintf("Pause that ends the caller's turn, `%s` to `%s`. Default `%s`.",
				api.Duration(api.MinTurnSilence), api.Duration(api.MaxTurnSilence), api.Duration(api.DefaultTurnSilence))),
			"min_interrupt": durationAttribute(fmt.Sprintf("Speech needed to interrupt the assistant, `0s` to `%s`. "+
				"Default `%s`.", api.Duration(api.MaxMinInterrupt), api.Duration(api.DefaultMinInterrupt))),
			"dtmf_interrupts": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether a key press interrupts the assistant. Default `true`.",
			},
		},
	}
}

func transfersAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true,
		MarkdownDescription: fmt.Sprintf("Named transfer destinations, at most %d. Names have letters, digits, `-` and "+
			"`_`, at most 64, and do not start with a digit.", api.MaxTransfers),
		NestedObject: schema.NestedAttributeObject{
			Attributes: map[string]schema.Attribute{
				"description": schema.StringAttribute{
					Optional:            true,
					Validators:          text(api.MaxDescription),
					MarkdownDescription: "When the engine should use it.",
				},
				"destination": schema.StringAttribute{
					Optional:   true,
					Validators: notEmpty(),
					MarkdownDescription: "E.164 number or SIP URI `sip:user@host`. Default: the live-agent target of the channel " +
						"that the call came in on.",
				},
				"announce": schema.StringAttribute{
					Optional:            true,
					Validators:          text(api.MaxGreeting),
					MarkdownDescription: "Sentence spoken before the transfer.",
				},
			},
		},
	}
}

// withDefault makes an optional text complete in state.
func withDefault(a schema.StringAttribute, value string) schema.StringAttribute {
	a.Optional, a.Computed = true, true
	a.Default = stringdefault.StaticString(value)
	return a
}
