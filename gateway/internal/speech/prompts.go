package speech

import (
	"embed"
	"encoding/json"
	"strings"
	"sync"
	"unicode"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Purpose says what an utterance is for. It is the name of the recorded prompt
// that takes its place when nothing can speak its text.
type Purpose string

// Purposes.
const (
	PurposeStatement   Purpose = "statement" // anything else
	PurposeGreeting    Purpose = "greeting"
	PurposeHelp        Purpose = "help"
	PurposeTransfer    Purpose = "transfer"
	PurposeNoLiveAgent Purpose = "no_live_agent"
	PurposeGoodbye     Purpose = "goodbye"
	PurposeStillThere  Purpose = "still_there"
	PurposeEcho        Purpose = "echo"
	PurposeConfirm     Purpose = "confirm"
	PurposeFailed      Purpose = "failed"
	PurposeBusy        Purpose = "busy"
)

// PromptFormat is how recorded prompts are stored.
var PromptFormat = audio.Mulaw8k

// Prompt is a recorded sentence, or a piece of one.
type Prompt struct {
	Name string `json:"name"` // of the file prompts/<name>.ulaw
	Text string `json:"text"`
}

//go:embed prompts.json
var promptList []byte

//go:embed prompts/*.ulaw
var promptFiles embed.FS

// Prompts lists what is, or is to be, recorded.
func Prompts() []Prompt {
	var list []Prompt
	if err := json.Unmarshal(promptList, &list); err != nil {
		panic("prompts.json: " + err.Error()) // embedded, and tested
	}
	return list
}

// Notices gives the two sentences a call session speaks itself, as linear PCM
// at 8 kHz: that something failed, and that no live agent can be reached.
func Notices() (failed, noLiveAgent []int16) {
	p := prompts()
	return p.recorded(PurposeFailed), p.recorded(PurposeNoLiveAgent)
}

// library is every prompt, found by the words of its text.
type library struct {
	sounds map[Purpose]audio.Sound // at Rate
	files  map[Purpose][]byte
	words  map[string]Purpose // words of a text, joined by spaces
	most   int                // words of the longest text
}

var prompts = sync.OnceValue(func() *library {
	l := &library{sounds: map[Purpose]audio.Sound{}, files: map[Purpose][]byte{}, words: map[string]Purpose{}}
	for _, p := range Prompts() {
		name := Purpose(p.Name)
		data, err := promptFiles.ReadFile("prompts/" + p.Name + ".ulaw")
		if err != nil {
			panic(err) // embedded, and tested
		}
		l.files[name] = data
		sound, err := audio.DecodeSound(PromptFormat, data).Resampled(Rate)
		if err != nil {
			panic(err)
		}
		l.sounds[name] = sound
		words := split(p.Text)
		l.words[strings.Join(words, " ")] = name
		l.most = max(l.most, len(words))
	}
	return l
})

func (l *library) recorded(p Purpose) []int16 {
	return audio.DecodeSound(PromptFormat, l.files[p]).Samples
}

// compose speaks a text with recordings: the longest prompts first whose words
// follow each other in it. If some words are left, the prompt of the purpose
// stands for the whole, since half a sentence says something else.
func (l *library) compose(text string, p Purpose) audio.Sound {
	out := audio.Sound{Rate: Rate}
	words := split(text)
	for len(words) > 0 {
		name, n := l.longest(words)
		if n == 0 {
			return l.standIn(p)
		}
		out.Samples = append(out.Samples, l.sounds[name].Samples...)
		words = words[n:]
	}
	if len(out.Samples) == 0 {
		return l.standIn(p)
	}
	return out
}

func (l *library) longest(words []string) (name Purpose, n int) {
	for n := min(l.most, len(words)); n > 0; n-- {
		if name, ok := l.words[strings.Join(words[:n], " ")]; ok {
			return name, n
		}
	}
	return "", 0
}

func (l *library) standIn(p Purpose) audio.Sound {
	if s, ok := l.sounds[p]; ok {
		return s
	}
	return l.sounds[PurposeStatement]
}

// split gives the words of a text in lower case, without punctuation.
func split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
}
