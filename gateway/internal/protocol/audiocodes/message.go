package audiocodes

import "github.com/va-gateway/terraform-provider-va/gateway/internal/audio"

// Kind tells messages apart.
type Kind uint8

// Kinds of messages, with the fields they use.
const (
	// Unknown is a valid message with a type this package does not know; it
	// must be ignored.
	Unknown Kind = iota
	// Malformed is no message at all: Problem.
	Malformed
	// Activities: Activities; from either end.
	Activities

	// Initiate begins a session: Initiate. The platform's first message.
	Initiate
	// Resume continues one on a new connection: ConversationID.
	Resume
	// End tells that the caller is gone: ReasonCode, Reason.
	End
	// UserStart announces caller audio, UserStop pauses it: Participant.
	UserStart
	UserStop
	// UserChunk is caller audio: Audio, Participant.
	UserChunk
	// Validate asks whether the connection works (assumed).
	Validate

	// Accepted is the gateway's answer to Initiate and Resume: Format.
	Accepted
	// Refused is session.error: Reason.
	Refused
	// UserStarted and UserStopped answer UserStart and UserStop: Participant.
	UserStarted
	UserStopped
	// PlayStart begins an utterance: StreamID, Format.
	PlayStart
	// PlayChunk is audio of it: StreamID, Audio.
	PlayChunk
	// PlayStop ends it: StreamID.
	PlayStop
	// Validated answers Validate.
	Validated
)

// types are the values of the member "type".
var types = [...]string{
	Activities: "activities",
	Initiate:   "session.initiate", Resume: "session.resume", End: "session.end",
	UserStart: "userStream.start", UserStop: "userStream.stop", UserChunk: "userStream.chunk",
	Validate: "connection.validate",
	Accepted: "session.accepted", Refused: "session.error",
	UserStarted: "userStream.started", UserStopped: "userStream.stopped",
	PlayStart: "playStream.start", PlayChunk: "playStream.chunk", PlayStop: "playStream.stop",
	Validated: "connection.validated",
}

// String is the value of the member "type".
func (k Kind) String() string {
	if k <= Malformed || int(k) >= len(types) {
		return ""
	}
	return types[k]
}

// Message is one decoded message. It is one flat struct so that audio crosses
// without an allocation.
type Message struct {
	Kind           Kind
	ConversationID string
	Participant    string
	StreamID       string
	Format         string // one of the names of formats
	ReasonCode     string
	Reason         string
	Audio          []byte // decoded, valid until the next message is decoded
	Initiate       *Session
	Activities     []Activity
	Problem        string // why a message is Malformed, for logs; never its content
}

// Session is the content of Initiate.
type Session struct {
	Caller  string
	BotName string   // assumed
	Formats []string // in the platform's order of preference
}

// Types of an Activity.
const (
	ActivityEvent   = "event"
	ActivityMessage = "message"
)

// Names of events. EventDTMF is compared without its case.
const (
	EventStart        = "start"
	EventDTMF         = "dtmf"
	EventHangup       = "hangup"
	EventTransfer     = "transfer"
	EventAbortPrompts = "abortPrompts"
)

// Names of a transfer's parameters (assumed).
const (
	ParamTarget = "transferTarget"
	ParamReason = "handoverReason"
)

// Activity is one thing that happened, or should.
type Activity struct {
	Type       string
	Name       string // of an event
	Text       string // of a message
	Value      string
	Parameters map[string]string // from the platform
	Params     map[string]string // activityParams, from the gateway
}

// Limits of one message; the vendor publishes none.
const (
	MaxFormats         = 16
	MaxActivities      = 32
	MaxParameters      = 64
	MaxParametersBytes = 16 << 10
)

// Names of formats: 16-bit linear, little-endian, one channel. Rates follow the
// names (assumed).
const (
	Linear16 = "raw/lpcm16"    // 16 kHz
	Linear24 = "raw/lpcm16_24" // 24 kHz
)

// FormatOf is what a format's name means.
func FormatOf(name string) (_ audio.Format, ok bool) {
	switch name {
	case Linear16:
		return audio.Linear16k, true
	case Linear24:
		return audio.Format{Codec: audio.L16, Rate: 24000}, true
	}
	return audio.Format{}, false
}

// Choose takes the first format of the platform's that this package knows.
func Choose(offered []string) (name string, f audio.Format, ok bool) {
	for _, name := range offered {
		if f, ok := FormatOf(name); ok {
			return name, f, true
		}
	}
	return "", audio.Format{}, false
}
