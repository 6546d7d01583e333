package audiohook

import "time"

// Kind tells messages apart.
type Kind uint8

// Kinds of messages, with the fields they use.
const (
	// Unknown is a valid message of a type this package does not know.
	Unknown Kind = iota
	// Violation breaks the protocol: Problem. What follows it is read without
	// a look at the sequence, so that a polite end remains possible.
	Violation
	// Audio is a binary message: Data.
	Audio

	// Open is the client's first message: Open.
	Open
	// Ping wants a Pong at once.
	Ping
	// Close ends the session: Reason, which may be empty.
	Close
	// Discarded says that the client left out audio: Start, Discarded.
	Discarded
	// Paused says that audio stops for a while.
	Paused
	// Resumed says that audio goes on: Start, Discarded.
	Resumed
	// Update changes the session: Language, which may be empty.
	Update
	// Error reports a problem of the client: Code, Text, RetryAfter.
	Error
	// DTMF is a pressed key: Digit, which may be anything.
	DTMF
	// PlaybackStarted says that the client began to play audio.
	PlaybackStarted
	// PlaybackCompleted says that the client has nothing left to play.
	PlaybackCompleted

	// Opened is the server's answer to Open: Media.
	Opened
	// Pong answers a Ping.
	Pong
	// Closed answers a Close and is the server's last message.
	Closed
	// Updated answers an Update.
	Updated
	// Event carries the server's events: BargeIn.
	Event
	// Disconnect asks the client to close: Reason, Text, Output.
	Disconnect
)

// Reasons of Disconnect and of Close.
const (
	ReasonCompleted = "completed"  // of Disconnect
	ReasonError     = "error"      // of both
	ReasonEnd       = "end"        // of Close: the caller hung up
	ReasonDone      = "disconnect" // of Close: after a Disconnect
)

// Message is one decoded message. It is one flat struct so that audio crosses
// without an allocation.
type Message struct {
	Kind Kind
	// Seq counts the sender's text messages, from 1.
	Seq int64
	// Peer is the last text message of this end that the sender had processed:
	// serverseq of a client, clientseq of a server.
	Peer int64

	Data []byte // of Audio, valid until the next message is read

	Open       *OpenParameters
	Media      []Media // of Opened
	Reason     string
	Text       string // message of Error, info of Disconnect
	Language   string
	Digit      string
	Start      time.Duration
	Discarded  time.Duration
	Code       int64
	RetryAfter time.Duration
	BargeIn    bool
	Output     map[string]string

	// Problem says what is wrong with a Violation, for logs and the client;
	// never what it contained.
	Problem string
	// Invalid is set when a Violation is no text at all.
	Invalid bool
}

// OpenParameters is the content of the client's "open".
type OpenParameters struct {
	OrganizationID string
	ConversationID string
	Participant    Participant
	Media          []Media
	Language       string
	// Input are the session variables of the flow's action. Values that are no
	// strings are given as JSON; see MaxInput for the bounds.
	Input map[string]string
	// InputDropped counts variables beyond the bounds, and reserved ones.
	InputDropped int
}

// Participant is the caller.
type Participant struct {
	ID      string // of the participant within the conversation
	ANI     string // caller's number in any form, or empty
	ANIName string
	DNIS    string // called number in any form, or empty
}

// Bounds of Input: names and values in bytes together, and their number. Names
// that begin with _ are reserved.
const (
	MaxInput      = 8 << 10
	MaxInputNames = 64
)

// Probe is the uuid in place of conversation and participant when Genesys only
// tries whether the connection works.
const Probe = "00000000-0000-0000-0000-000000000000"

// IsProbe reports whether Genesys only tries whether the connection works, as
// it does when an integration is saved or activated.
func (o *OpenParameters) IsProbe() bool {
	return o.ConversationID == Probe && o.Participant.ID == Probe
}
