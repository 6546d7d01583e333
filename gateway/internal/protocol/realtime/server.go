package realtime

// Kind tells server events apart.
type Kind uint8

// Kinds of server events, with the fields they have. Those that nobody needs,
// such as rate_limits.updated, are Ignored.
const (
	Unknown Kind = iota
	Malformed
	Ignored
	SessionCreated
	SessionUpdated      // Session
	SpeechStarted       // AudioStartMS
	SpeechStopped       //
	CallerTranscript    // Item, Text
	ResponseCreated     //
	ResponseDone        // Status, Code
	AudioDelta          // Item, ContentIndex, Data
	AudioDone           // Item
	AssistantTranscript // Item, Text
	FunctionCall        // CallID, Name, Args
	ErrorEvent          // Code, ErrorType, Param, EventID
	TranscriptionFailed // Code
)

// Event is one server event.
type Event struct {
	Kind         Kind
	Item         string
	ContentIndex int
	Data         []byte // audio, valid until the next event is decoded
	Text         string
	CallID       string
	Name         string
	Args         string
	Status       string // of a response: completed, cancelled, incomplete, failed
	Code         string // of an error, a stable word
	ErrorType    string
	Param        string
	EventID      string // of the client event that an error is about
	AudioStartMS int64
	Input        *Format // of the session; nil where the server does not say
	Output       *Format
}

// kinds maps the types of events, those of the beta included.
var kinds = map[string]Kind{
	"session.created":                                       SessionCreated,
	"session.updated":                                       SessionUpdated,
	"input_audio_buffer.speech_started":                     SpeechStarted,
	"input_audio_buffer.speech_stopped":                     SpeechStopped,
	"conversation.item.input_audio_transcription.completed": CallerTranscript,
	"conversation.item.input_audio_transcription.failed":    TranscriptionFailed,
	"response.created":                                      ResponseCreated,
	"response.done":                                         ResponseDone,
	"response.output_audio.delta":                           AudioDelta,
	"response.audio.delta":                                  AudioDelta,
	"response.output_audio.done":                            AudioDone,
	"response.audio.done":                                   AudioDone,
	"response.output_audio_transcript.done":                 AssistantTranscript,
	"response.audio_transcript.done":                        AssistantTranscript,
	"response.output_text.done":                             AssistantTranscript,
	"response.text.done":                                    AssistantTranscript,
	"response.function_call_arguments.done":                 FunctionCall,
	"response.output_item.done":                             FunctionCall,
	"error":                                                 ErrorEvent,

	"input_audio_buffer.committed":                        Ignored,
	"input_audio_buffer.cleared":                          Ignored,
	"input_audio_buffer.timeout_triggered":                Ignored,
	"conversation.created":                                Ignored,
	"conversation.item.created":                           Ignored,
	"conversation.item.added":                             Ignored,
	"conversation.item.done":                              Ignored,
	"conversation.item.truncated":                         Ignored,
	"conversation.item.deleted":                           Ignored,
	"conversation.item.retrieved":                         Ignored,
	"conversation.item.input_audio_transcription.delta":   Ignored,
	"conversation.item.input_audio_transcription.segment": Ignored,
	"response.output_item.added":                          Ignored,
	"response.content_part.added":                         Ignored,
	"response.content_part.done":                          Ignored,
	"response.output_audio_transcript.delta":              Ignored,
	"response.audio_transcript.delta":                     Ignored,
	"response.output_text.delta":                          Ignored,
	"response.text.delta":                                 Ignored,
	"response.function_call_arguments.delta":              Ignored,
	"rate_limits.updated":                                 Ignored,
}
