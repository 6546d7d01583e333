package testcall

import (
	"context"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// callerVoice differs from the assistant's, so that people can tell the two
// apart in a recording.
const callerVoice = "en-us+f3"

// CallerVoice speaks what the caller says.
func CallerVoice(s *speech.Speaker) Renderer {
	return func(ctx context.Context, text string) (audio.Sound, error) {
		return s.Render(ctx, speech.Utterance{Text: text, Voice: callerVoice})
	}
}

// Voice gives every sound that a text of the assistant may have: one, except
// where only recorded prompts can be spoken.
type Voice func(ctx context.Context, text string) ([]audio.Sound, error)

// standIns are the recorded prompts that may replace a text which has no
// recordings of its own; the call record does not tell which one did.
var standIns = []speech.Purpose{
	speech.PurposeStatement, speech.PurposeGreeting, speech.PurposeHelp, speech.PurposeTransfer,
	speech.PurposeNoLiveAgent, speech.PurposeGoodbye, speech.PurposeStillThere, speech.PurposeEcho,
	speech.PurposeConfirm, speech.PurposeFailed, speech.PurposeBusy,
}

// AssistantVoice speaks as the assistant does, on a machine with the same
// speech synthesiser.
func AssistantVoice(s *speech.Speaker, a api.Assistant) Voice {
	u := speech.Utterance{Language: a.Language}
	if v := a.Voice; v != nil {
		u.Voice, u.Speed, u.Pronunciations = v.ID, v.Speed, v.Pronunciations
	}
	if a.Engine != nil && a.Engine.Scripted != nil {
		u.Mode = a.Engine.Scripted.TTS
	}
	purposes := []speech.Purpose{speech.PurposeStatement}
	if s.Name() == speech.ModeEmbedded || u.Mode == speech.ModeEmbedded {
		purposes = standIns
	}
	return func(ctx context.Context, text string) ([]audio.Sound, error) {
		var sounds []audio.Sound
		u := u
		u.Text = text
		for _, u.Purpose = range purposes {
			sound, err := s.Render(ctx, u)
			if err != nil {
				return nil, err
			}
			known := func(s audio.Sound) bool { return slices.Equal(s.Samples, sound.Samples) }
			if !slices.ContainsFunc(sounds, known) {
				sounds = append(sounds, sound)
			}
		}
		return sounds, nil
	}
}
