package conversationrelay

// MaxMessage is the largest message that is read, in bytes.
const MaxMessage = 64 << 10

// Kind tells the messages of a bot apart.
type Kind uint8

// Kinds of messages, with the fields they use.
const (
	// Unknown is a message whose type is not of this protocol.
	Unknown Kind = iota
	// Malformed is no message at all: Problem.
	Malformed
	// Text: Token, Last. Tokens together are an utterance, which Last completes.
	Text
	// Play: Source, the URL of a sound.
	Play
	// SendDigits: Digits.
	SendDigits
	// Language: TTSLanguage, TranscriptionLanguage; an empty one stays as it is.
	Language
	// End: Handoff. It ends the session; with Handoff the call goes on elsewhere.
	End
)

// Message is one decoded message of a bot.
type Message struct {
	Kind                  Kind
	Token                 string
	Last                  bool
	Source                string
	Digits                string
	TTSLanguage           string
	TranscriptionLanguage string
	Handoff               string
	Problem               string // why a message is Malformed, for logs; never its content
}

// Setup is the first message to a bot.
type Setup struct {
	SessionID        string
	AccountSID       string
	CallSID          string
	From, To         string
	CustomParameters map[string]string
}
