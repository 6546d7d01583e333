package twiliomedia

import "github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wirejson"

// Kind tells messages apart.
type Kind uint8

// Kinds of messages, with the fields they use.
const (
	// Unknown is a valid message with an event this package does not know; it
	// must be ignored, since the vendor adds events without notice.
	Unknown Kind = iota
	// Malformed is no message at all: Problem.
	Malformed
	// Connected is the first message of the platform; no fields.
	Connected
	// Started is the platform's "start": Start.
	Started
	// Media: Payload; from the platform also Track, Chunk, Timestamp.
	Media
	// DTMF: Digit, from the platform only.
	DTMF
	// Mark: Name. From the platform it means that the audio before the mark
	// was played or cleared; the two look the same.
	Mark
	// Clear asks the platform to drop unplayed audio; from the gateway only.
	Clear
	// Stopped is the platform's "stop"; the socket closes next.
	Stopped
	// Transfer asks for a live agent: Transfer; from the gateway only. It is an
	// extension: Media Streams has no such message.
	Transfer
)

// Absent is the value of a number that a message did not carry.
const Absent = wirejson.Absent

// TrackInbound is the only track of a bidirectional stream: the caller.
const TrackInbound = "inbound"

// Message is one decoded message. It is one flat struct so that media crosses
// without an allocation.
type Message struct {
	Kind      Kind
	StreamSID string
	Sequence  int64 // counts messages after "connected", from 1
	Chunk     int64 // counts media messages, from 1
	Timestamp int64 // milliseconds since the stream started
	Track     string
	Payload   []byte // decoded audio, valid until the next message is decoded
	Digit     string
	Name      string
	Start     *Start
	Transfer  *Handover
	Problem   string // why a message is Malformed, for logs; never its content
}

// Start is the content of the platform's "start".
type Start struct {
	StreamSID        string
	AccountSID       string
	CallSID          string
	Format           MediaFormat
	CustomParameters map[string]string

	// Of other implementations only, see Decoder.Variants.
	Spelling Spelling // that of the message
	From, To string   // caller and called number
}

// Handover is the content of Transfer.
type Handover struct {
	Reason     string // a stable word
	Target     string // number or address; empty for the platform's own queue
	Attributes map[string]string
}

// Spelling is how names are written.
type Spelling uint8

// Spellings of names.
const (
	Camel Spelling = iota // streamSid, as Twilio writes
	Snake                 // stream_sid, as Exotel does
)

// MediaFormat is the format of both directions.
type MediaFormat struct {
	Encoding   string
	SampleRate int64 // hertz
	Channels   int64
}

// Mulaw is the only format of Media Streams.
var Mulaw = MediaFormat{Encoding: "audio/x-mulaw", SampleRate: 8000, Channels: 1}

// Limits of customParameters: the vendor allows 500 characters for one name
// and value; the number of parameters is this project's bound.
const (
	MaxParameters      = 32
	MaxParametersBytes = 8 << 10
)
