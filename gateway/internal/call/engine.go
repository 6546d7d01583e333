package call

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Engine is an AI backend. Implementations pass enginetest.Run.
type Engine interface {
	// Formats states what the engine hears and speaks when the caller's leg
	// uses the format leg; the session transcodes.
	Formats(leg audio.Format) (in, out audio.Format)
	// Open starts a conversation. It returns when the backend accepted the
	// configuration; the context bounds the opening only.
	Open(ctx context.Context, c Config) (Conversation, error)
}

// Preparer is an engine that can do slow work, such as rendering the greeting,
// before a call is answered.
type Preparer interface {
	Prepare(ctx context.Context, c Config) error
}

// Conversation is one open engine connection. Write and Do may be called from
// different goroutines.
type Conversation interface {
	// Write hands over 20 ms of caller audio in Config.In. It never blocks: a
	// full queue drops its oldest frame and counts it. The frame is copied. An
	// error means that the frame was not taken.
	Write(frame []byte) error
	// Do carries out one command.
	Do(ctx context.Context, c Command) error
	// Events is the one ordered stream of everything the engine says, audio
	// included; it is closed once, after EventEnd.
	Events() <-chan Event
	// Close ends the conversation and releases everything. It may be called
	// twice and while Events is still being read.
	Close()
}

// Config is what an engine knows of a call.
type Config struct {
	CallID       string
	From, To     string // caller and called number, as the platform tells them; may be empty
	Language     string // BCP 47
	Voice        Voice
	Instructions string // what a model is told about its task, variables not filled in
	Greeting     string // first sentence, verbatim
	Generated    bool   // the model words the greeting itself; Greeting is empty
	CallerFirst  bool   // do not greet, or not again after History; wait for the caller
	Options      []byte // engine's own options, JSON as stored with the assistant
	// Secret gives a secret of the engine by its name among the options, such as
	// api_key. It is a function, so that printing a Config shows no secret.
	Secret       Secrets
	In, Out      audio.Format
	Turn         Turn
	Vars         map[string]string
	Transfers    []Destination // named destinations the engine may ask for
	HasLiveAgent bool          // whether the channel itself can reach a live agent
	History      []Message     // of an earlier conversation in the same call
}

// Secrets gives secrets by their names, "" for those there are none of.
type Secrets func(name string) string

// Get is s, which may be nil.
func (s Secrets) Get(name string) string {
	if s == nil {
		return ""
	}
	return s(name)
}

// Voice says how the assistant sounds.
type Voice struct {
	ID             string
	Speed          float64 // 1 is normal
	Pronunciations map[string]string
}

// Turn sets turn-taking of engines that detect turns themselves.
type Turn struct {
	Silence      time.Duration // pause that ends the caller's turn
	MinInterrupt time.Duration // speech needed to interrupt the assistant
}

// Destination is a transfer target by name; engines never see numbers.
type Destination struct {
	Name        string
	Description string
	Announce    string // spoken before the transfer; may be empty
}

// Message is one utterance of the conversation so far.
type Message struct {
	Role Role
	Text string
}

// Role says who speaks.
type Role string

// Roles.
const (
	RoleCaller    Role = "caller"
	RoleAssistant Role = "assistant"
)

// Command is an instruction of the gateway to the engine: one of DTMF, Say,
// ToolResult, Interrupt and Played.
type Command interface{ command() }

// DTMF is a key the caller pressed: one of 0-9 * # A-D.
type DTMF struct{ Digit byte }

// Say makes the assistant speak a text verbatim, for example the inactivity
// prompt, and then listen again.
type Say struct{ Text string }

// ToolResult answers a tool call. Err is a stable word, empty on success.
type ToolResult struct {
	ID   string
	JSON string
	Err  string
}

// Interrupt reports that the caller talked over the assistant; PlayedMS is how
// much of Item was really heard, from the leg's playback clock.
type Interrupt struct {
	Item     string
	PlayedMS int64
}

// Played reports that the caller heard everything up to the engine's mark, or
// that the audio before it was cleared.
type Played struct{ Mark string }

func (DTMF) command()       {}
func (Say) command()        {}
func (ToolResult) command() {}
func (Interrupt) command()  {}
func (Played) command()     {}

// EventKind tells events apart.
type EventKind uint8

// Events of an engine, with the fields they use.
const (
	// EventReady: the configuration was accepted; sent first.
	EventReady EventKind = iota + 1
	// EventSpeechStarted: the caller began to speak and has done so for at
	// least Turn.MinInterrupt while the assistant is speaking.
	EventSpeechStarted
	// EventSpeechStopped: the caller's turn ended.
	EventSpeechStopped
	// EventAudio: Item, Data in Config.Out, any size. The receiver copies Data
	// before it takes the next event.
	EventAudio
	// EventAudioDone: Item is complete.
	EventAudioDone
	// EventMark: Name; report back with Played.
	EventMark
	// EventClear: drop unplayed audio now.
	EventClear
	// EventTranscript: Role, Item, Text, Final. One of the caller without Text
	// says that the turn need not be answered.
	EventTranscript
	// EventToolCall: ID, Name, Args (JSON).
	EventToolCall
	// EventEnd: Reason, Err, Retry; the last event.
	EventEnd
)

// Event is one message of the engine. It is one flat struct, not an interface,
// so that audio crosses the channel without an allocation.
type Event struct {
	Kind   EventKind
	Item   string // utterance
	Data   []byte // audio
	Name   string // tool or mark
	ID     string // tool call
	Args   string // JSON arguments of a tool call
	Role   Role
	Text   string
	Final  bool
	Reason string // EventEnd: a stable word
	Err    error  // EventEnd: what went wrong; nil when the engine wanted to end
	Retry  bool   // EventEnd: opening again may help
}

// Tools every engine may call. The session carries them out.
const (
	// ToolTransfer has arguments {"destination": name, "summary": text}; an empty
	// name means the channel's own live-agent target, and the text, which may be
	// left out, is for whoever takes the call. Errors: "no_live_agent",
	// "unknown_destination".
	ToolTransfer = "transfer_call"
	// ToolEnd has no arguments.
	ToolEnd = "end_call"
)
