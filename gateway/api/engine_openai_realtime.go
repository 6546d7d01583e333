package api

import (
	"fmt"
	"regexp"
	"time"
)

// Values of OpenAIRealtimeEngine.
const (
	DefaultRealtimeURL           = "wss://api.openai.com/v1/realtime"
	DefaultTranscriptionModel    = "gpt-4o-mini-transcribe"
	TranscriptionNone            = "none"
	TurnDetectionServerVAD       = "server_vad"
	TurnDetectionSemanticVAD     = "semantic_vad"
	DefaultRealtimePrefixPadding = 300 * time.Millisecond
)

// OpenAIRealtimeEngine configures a model behind the OpenAI Realtime protocol
// (https://platform.openai.com/docs/guides/realtime), OpenAI's own or a
// compatible server.
type OpenAIRealtimeEngine struct {
	BaseURL       string            `json:"base_url,omitempty" maxLength:"2000" doc:"WebSocket address without the model. Default wss://api.openai.com/v1/realtime."`
	AllowInsecure bool              `json:"allow_insecure,omitempty" doc:"Permit an unencrypted ws:// address, which must also lie in VA_OUTBOUND_ALLOW_CIDRS."`
	Model         string            `json:"model" minLength:"1" maxLength:"200" doc:"Model, sent as a query parameter and in the session, for example gpt-realtime."`
	Headers       map[string]string `json:"headers,omitempty" doc:"Further headers of the handshake; no secrets, they are stored in clear."`
	APIKey        string            `json:"api_key,omitempty" writeOnly:"true" doc:"Key of the backend; never answered. Absent means unchanged while api_key_version is the stored one."`
	APIKeyVersion int64             `json:"api_key_version,omitempty" minimum:"0" doc:"Number of the key, to be raised with every new one. Absent: no key is used and a stored one is deleted."`
	APIKeyHeader  string            `json:"api_key_header,omitempty" maxLength:"100" doc:"Header that carries the key as it is, such as api-key. Default: Authorization with Bearer."`

	TurnDetection      string    `json:"turn_detection,omitempty" enum:"server_vad,semantic_vad" doc:"How the backend finds the end of the caller's turn. Default server_vad, with turn.silence as its pause."`
	Threshold          *float64  `json:"threshold,omitempty" minimum:"0" maximum:"1" doc:"Activation of server_vad, 0 to 1; higher needs louder speech. Default: the backend's."`
	PrefixPadding      *Duration `json:"prefix_padding,omitempty" doc:"Audio that server_vad keeps from before the speech, 0s to 2s. Default 300ms."`
	Eagerness          string    `json:"eagerness,omitempty" enum:"low,medium,high,auto" doc:"How soon semantic_vad answers. Default: the backend's."`
	NoiseReduction     string    `json:"noise_reduction,omitempty" enum:"near_field,far_field" doc:"Noise reduction before turn detection. Default: none."`
	TranscriptionModel string    `json:"transcription_model,omitempty" maxLength:"200" doc:"Model that writes down what the caller says; none for no transcript. Default gpt-4o-mini-transcribe."`
	MaxOutputTokens    int64     `json:"max_output_tokens,omitempty" minimum:"1" maximum:"4096" doc:"Longest answer in tokens, 1 to 4096. Default: no limit."`
}

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
	modelName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)
)

// validate reports what is wrong with the engine of assistant a.
func (e *OpenAIRealtimeEngine) validate(a *Assistant) []FieldError {
	const at = "engine.openai_realtime."
	var errs []FieldError
	add := func(field, format string, args ...any) {
		errs = append(errs, FieldError{at + field, fmt.Sprintf(format, args...)})
	}
	if e.BaseURL != "" {
		errs = append(errs, checkBackendURL(at+"base_url", e.BaseURL, e.AllowInsecure, "wss", "ws")...)
	}
	for _, m := range []struct{ field, name string }{
		{"model", e.Model}, {"transcription_model", e.TranscriptionModel},
	} {
		if m.name != "" && !modelName.MatchString(m.name) {
			add(m.field, "%.80q is not the name of a model", m.name)
		}
	}
	if e.Model == "" {
		add("model", "is required")
	}
	errs = append(errs, checkHeaders(at+"headers", e.Headers)...)
	if h := e.APIKeyHeader; h != "" {
		if broken := checkHeaders("", map[string]string{h: ""}); len(broken) > 0 && !secretName(h) {
			add("api_key_header", "%s", broken[0].Message)
		}
	}
	semantic := e.TurnDetection == TurnDetectionSemanticVAD
	if semantic && (e.Threshold != nil || e.PrefixPadding != nil) {
		add("turn_detection", "threshold and prefix_padding belong to server_vad")
	}
	if !semantic && e.Eagerness != "" {
		add("eagerness", "belongs to turn_detection = semantic_vad")
	}
	if p := e.PrefixPadding; p != nil && (*p < 0 || time.Duration(*p) > MaxPrefixPadding) {
		add("prefix_padding", "%s is outside the range 0s to %s", *p, Duration(MaxPrefixPadding))
	}
	if v := a.Voice; v != nil && v.Speed > MaxRealtimeSpeed {
		errs = append(errs, FieldError{"voice.speed", fmt.Sprintf(
			"openai_realtime speaks at %g to %g", MinVoiceSpeed, MaxRealtimeSpeed)})
	}
	return errs
}

// URL is the address of the backend, without the model.
func (e *OpenAIRealtimeEngine) URL() string {
	if e.BaseURL == "" {
		return DefaultRealtimeURL
	}
	return e.BaseURL
}

// Transcription is the model that writes down what the caller says, empty for
// none.
func (e *OpenAIRealtimeEngine) Transcription() string {
	switch e.TranscriptionModel {
	case "":
		return DefaultTranscriptionModel
	case TranscriptionNone:
		return ""
	}
	return e.TranscriptionModel
}
