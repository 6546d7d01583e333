package conversationrelay

import "github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"

// Decode decodes a message of a bot. Fields that this package does not know are
// ignored: the platforms add some without notice.
func Decode(msg []byte) Message {
	f := wirejson.Parse(msg)
	var m Message
	switch f.Text("type", true) {
	case "text":
		m.Kind = Text
		m.Token = f.Text("token", false)
		m.Last = f.Loose("last") == "true"
	case "play":
		m.Kind = Play
		m.Source = f.Text("source", true)
	case "sendDigits":
		m.Kind = SendDigits
		m.Digits = f.Text("digits", true)
	case "language":
		m.Kind = Language
		m.TTSLanguage = f.Text("ttsLanguage", false)
		m.TranscriptionLanguage = f.Text("transcriptionLanguage", false)
	case "end":
		m.Kind = End
		m.Handoff = f.Text("handoffData", false)
	}
	if f.Problem() != "" {
		return Message{Kind: Malformed, Problem: f.Problem()}
	}
	return m
}
