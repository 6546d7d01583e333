package api

import (
	"fmt"
	"net/url"
	"regexp"
)

// Defaults of SpeechService.
const (
	DefaultSpeechURL       = "https://api.openai.com/v1"
	DefaultTranscribeModel = "gpt-4o-mini-transcribe"
	DefaultSpeechModel     = "gpt-4o-mini-tts"
	DefaultSpeechVoice     = "alloy"
)

// ConversationRelayEngine configures a text bot written for ConversationRelay, to
// which the gateway takes the platform's part
// (https://www.twilio.com/docs/voice/conversationrelay/websocket-messages).
type ConversationRelayEngine struct {
	UserBot
	PlayHosts []string       `json:"play_hosts,omitempty" maxItems:"20" uniqueItems:"true" doc:"Hosts from which the bot may have sounds played. Default: the bot's own."`
	STT       *SpeechService `json:"stt,omitempty" doc:"Service that writes down what the caller says. Absent: the bot gets keys only."`
	TTS       *SpeechService `json:"tts,omitempty" doc:"Service that speaks the bot's words, in the voice voice.id (default alloy). Absent: the gateway's own voice."`
}

// SpeechService is a speech service that is compatible with OpenAI's HTTP API
// (https://platform.openai.com/docs/api-reference/audio).
type SpeechService struct {
	BaseURL       string `json:"base_url,omitempty" maxLength:"2000" doc:"Address up to /audio. Default https://api.openai.com/v1."`
	AllowInsecure bool   `json:"allow_insecure,omitempty" doc:"Permit an unencrypted http:// address, which must also lie in VA_OUTBOUND_ALLOW_CIDRS."`
	Model         string `json:"model,omitempty" maxLength:"200" doc:"Model. Default gpt-4o-mini-transcribe to write down and gpt-4o-mini-tts to speak."`
	APIKey        string `json:"api_key,omitempty" writeOnly:"true" doc:"Key of the service; never answered. Absent means unchanged while api_key_version is the stored one."`
	APIKeyVersion int64  `json:"api_key_version,omitempty" minimum:"0" doc:"Number of the key, to be raised with every new one. Absent: no key is used and a stored one is deleted."`
}

// URL is the address of the service.
func (s *SpeechService) URL() string {
	if s.BaseURL == "" {
		return DefaultSpeechURL
	}
	return s.BaseURL
}

func (e *ConversationRelayEngine) validate() []FieldError {
	const at = "engine.conversation_relay."
	errs := e.UserBot.validate(at)
	for _, h := range e.PlayHosts {
		if !hostName.MatchString(h) {
			errs = append(errs, FieldError{at + "play_hosts", fmt.Sprintf("%.80q is not the name of a host, without a port", h)})
		}
	}
	if e.STT != nil {
		errs = append(errs, e.STT.validate(at+"stt.")...)
	}
	if e.TTS != nil {
		errs = append(errs, e.TTS.validate(at+"tts.")...)
	}
	return errs
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

func (s *SpeechService) validate(at string) []FieldError {
	var errs []FieldError
	if s.BaseURL != "" {
		errs = append(errs, checkBackendURL(at+"base_url", s.BaseURL, s.AllowInsecure, "https", "http")...)
	}
	if u, err := url.Parse(s.BaseURL); err == nil && u.RawQuery != "" {
		errs = append(errs, FieldError{at + "base_url", "has a query, behind which no path can follow"})
	}
	if s.Model != "" && !modelName.MatchString(s.Model) {
		errs = append(errs, FieldError{at + "model", fmt.Sprintf("%.80q is not the name of a model", s.Model)})
	}
	return errs
}
