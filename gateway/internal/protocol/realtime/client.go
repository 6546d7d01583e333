package realtime

import "encoding/base64"

// MaxMessage is the largest message, in bytes, in either direction
// (input_audio_buffer.append in the API reference).
const MaxMessage = 15 << 20

// Names of audio formats. Linear audio is always at LinearRate.
const (
	FormatPCM  = "audio/pcm"
	FormatPCMU = "audio/pcmu"
	FormatPCMA = "audio/pcma"
	LinearRate = 24000
)

// Types of client events.
const (
	TypeSessionUpdate   = "session.update"
	TypeAppend          = "input_audio_buffer.append"
	TypeItemCreate      = "conversation.item.create"
	TypeTruncate        = "conversation.item.truncate"
	TypeResponseCreate  = "response.create"
	TypeResponseCancel  = "response.cancel"
	typeSessionRealtime = "realtime"
)

// SessionUpdate configures the session; it is sent first.
type SessionUpdate struct {
	Type    string  `json:"type"`
	Session Session `json:"session"`
}

// Session is the configuration of a session.
type Session struct {
	Type             string   `json:"type"`
	Model            string   `json:"model,omitempty"`
	Instructions     string   `json:"instructions,omitempty"`
	OutputModalities []string `json:"output_modalities"`
	Audio            Audio    `json:"audio"`
	Tools            []Tool   `json:"tools,omitempty"`
	ToolChoice       string   `json:"tool_choice,omitempty"`
	MaxOutputTokens  any      `json:"max_output_tokens,omitempty"` // a number or "inf"
}

// NewSessionUpdate completes a session with what is always the same.
func NewSessionUpdate(s Session) SessionUpdate {
	s.Type, s.OutputModalities = typeSessionRealtime, []string{"audio"}
	return SessionUpdate{TypeSessionUpdate, s}
}

// Audio is both directions of a session's audio.
type Audio struct {
	Input  Input  `json:"input"`
	Output Output `json:"output"`
}

// Input is what the model hears.
type Input struct {
	Format         Format          `json:"format"`
	NoiseReduction *NoiseReduction `json:"noise_reduction"`
	Transcription  *Transcription  `json:"transcription"`
	TurnDetection  *TurnDetection  `json:"turn_detection"`
}

// Output is how the model speaks. Voice is a name, or a CustomVoice.
type Output struct {
	Format Format  `json:"format"`
	Voice  any     `json:"voice,omitempty"`
	Speed  float64 `json:"speed,omitempty"`
}

// CustomVoice names a voice that was made for an account.
type CustomVoice struct {
	ID string `json:"id"`
}

// Format is an audio format; Rate is set for FormatPCM only.
type Format struct {
	Type string `json:"type"`
	Rate int    `json:"rate,omitempty"`
}

// NoiseReduction is near_field or far_field.
type NoiseReduction struct {
	Type string `json:"type"`
}

// Transcription writes down what the caller says.
type Transcription struct {
	Model    string `json:"model"`
	Language string `json:"language,omitempty"` // ISO 639-1
}

// TurnDetection is server_vad with its thresholds, or semantic_vad with its
// eagerness.
type TurnDetection struct {
	Type              string   `json:"type"`
	Threshold         *float64 `json:"threshold,omitempty"`
	PrefixPaddingMS   *int64   `json:"prefix_padding_ms,omitempty"`
	SilenceDurationMS *int64   `json:"silence_duration_ms,omitempty"`
	Eagerness         string   `json:"eagerness,omitempty"`
	CreateResponse    bool     `json:"create_response"`
	InterruptResponse bool     `json:"interrupt_response"`
}

// Tool is a function that the model may call. Parameters is a JSON schema.
type Tool struct {
	Type        string `json:"type"` // "function"
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Parameters  any    `json:"parameters"`
}

// ItemCreate adds an item to the conversation.
type ItemCreate struct {
	Type string `json:"type"`
	Item Item   `json:"item"`
}

// Item is a message, or the result of a function call.
type Item struct {
	Type    string    `json:"type"`
	Role    string    `json:"role,omitempty"`
	Content []Content `json:"content,omitempty"`
	CallID  string    `json:"call_id,omitempty"`
	Output  string    `json:"output,omitempty"`
}

// Content is a part of a message.
type Content struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// NewText is a message: of the user, or of the assistant in the past.
func NewText(assistant bool, text string) ItemCreate {
	role, kind := "user", "input_text"
	if assistant {
		role, kind = "assistant", "output_text"
	}
	return ItemCreate{TypeItemCreate, Item{Type: "message", Role: role, Content: []Content{{kind, text}}}}
}

// NewToolOutput is the result of a function call.
func NewToolOutput(callID, output string) ItemCreate {
	return ItemCreate{TypeItemCreate, Item{Type: "function_call_output", CallID: callID, Output: output}}
}

// Truncate tells how much of an assistant's audio was heard.
type Truncate struct {
	Type         string `json:"type"`
	ItemID       string `json:"item_id"`
	ContentIndex int    `json:"content_index"`
	AudioEndMS   int64  `json:"audio_end_ms"`
}

// ResponseCreate asks for a response; EventID comes back in an error about it.
type ResponseCreate struct {
	Type     string    `json:"type"`
	EventID  string    `json:"event_id,omitempty"`
	Response *Response `json:"response,omitempty"`
}

// Response overrides the session for one response.
type Response struct {
	Instructions string `json:"instructions,omitempty"`
	ToolChoice   string `json:"tool_choice,omitempty"`
}

// ResponseCancel ends the response that is being made.
type ResponseCancel struct {
	Type string `json:"type"`
}

// AppendAudio appends an input_audio_buffer.append with audio to dst. It
// allocates only to make dst longer.
func AppendAudio(dst, audio []byte) []byte {
	dst = append(dst, `{"type":"`+TypeAppend+`","audio":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, audio)
	return append(dst, `"}`...)
}
