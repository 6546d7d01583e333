package ownvoice

import (
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// Utterance is a text in the voice of the assistant and in its language.
func Utterance(c call.Config, text string, p speech.Purpose) speech.Utterance {
	return speech.Utterance{
		Text: text, Language: c.Language, Voice: c.Voice.ID, Speed: c.Voice.Speed,
		Pronunciations: c.Voice.Pronunciations, Purpose: p,
	}
}
