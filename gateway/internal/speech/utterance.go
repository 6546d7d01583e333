package speech

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxText is the longest text that is spoken, in characters.
const MaxText = 4000

// Modes of an Utterance.
const (
	// ModeAuto uses espeak-ng when it works and recorded prompts otherwise.
	ModeAuto = "auto"
	// ModeEspeak is ModeAuto said by an operator who wants to be told, by the
	// status of the assistant, when espeak-ng is absent. The caller still
	// hears prompts then.
	ModeEspeak = "espeak-ng"
	// ModeEmbedded uses recorded prompts only.
	ModeEmbedded = "embedded"
)

// Utterance is something to say. Equal utterances sound equal.
type Utterance struct {
	Text           string
	Language       string            // BCP 47; empty is en-US
	Voice          string            // of espeak-ng, for example "en-us+f3"; empty: the language's own
	Speed          float64           // 1, or 0, is normal
	Pronunciations map[string]string // word and how to say it
	Mode           string            // ModeAuto if empty
	Purpose        Purpose           // what recorded prompts fall back to
}

// Sentinels of Utterance.check.
var (
	errEmpty = errors.New("nothing to say")
	errLong  = fmt.Errorf("text of more than %d characters", MaxText)
)

func (u Utterance) check() error {
	switch {
	case u.Text == "":
		return errEmpty
	case utf8.RuneCountInString(u.Text) > MaxText:
		return errLong
	}
	return nil
}

// key identifies the sound of an utterance.
func (u Utterance) key() [sha256.Size]byte {
	u.Purpose = "" // does not change what a synthesiser says
	b, err := json.Marshal(u)
	if err != nil {
		// Only a speed that is not a number has no JSON; it is as good as 1.
		u.Speed = 1
		b, _ = json.Marshal(u)
	}
	return sha256.Sum256(b)
}
