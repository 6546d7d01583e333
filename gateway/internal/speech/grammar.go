package speech

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

const (
	maxPhrases     = 200
	maxPhraseWords = 8
	maxDictionary  = 64 << 20 // bytes read of a pronouncing dictionary
)

// Grammar is what a Recognizer listens for: any one of some phrases.
type Grammar struct {
	phrases []string
	words   string // the part of the dictionary that the phrases use
}

// UnknownWordsError says which words no dictionary tells how to pronounce.
type UnknownWordsError struct{ Words []string }

// Error implements error.
func (e UnknownWordsError) Error() string {
	quoted := make([]string, len(e.Words))
	for i, w := range e.Words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	return "words that the recogniser cannot pronounce: " + strings.Join(quoted, ", ")
}

// CheckPhrase reports why a phrase cannot be listened for, whatever the
// dictionary: it has 1 to 8 words of the letters a to z and apostrophes,
// between single spaces and in lower case.
func CheckPhrase(phrase string) error {
	words := strings.Split(phrase, " ")
	if len(words) > maxPhraseWords {
		return fmt.Errorf("%q has more than %d words", phrase, maxPhraseWords)
	}
	for _, w := range words {
		// Nothing else can break out of a grammar or a dictionary.
		if len(w) == 0 || len(w) > 32 || w[0] == '\'' || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz'") != "" {
			return fmt.Errorf("%q is not made of words in lower case, letters a to z", phrase)
		}
	}
	return nil
}

// newGrammar reads the pronunciation of every word of the phrases from a
// dictionary in the format of CMUdict without comments: "word PH PH", more
// ways to say it as "word(2) PH PH".
func newGrammar(dictionary io.Reader, phrases []string) (*Grammar, error) {
	if len(phrases) == 0 || len(phrases) > maxPhrases {
		return nil, fmt.Errorf("%d phrases; 1 to %d can be listened for", len(phrases), maxPhrases)
	}
	wanted := map[string]bool{} // and whether it was found
	for _, p := range phrases {
		if err := CheckPhrase(p); err != nil {
			return nil, err
		}
		for w := range strings.FieldsSeq(p) {
			wanted[w] = false
		}
	}
	var words strings.Builder
	lines := bufio.NewScanner(io.LimitReader(dictionary, maxDictionary))
	for lines.Scan() {
		word, _, ok := strings.Cut(lines.Text(), " ")
		base, _, _ := strings.Cut(word, "(")
		if _, want := wanted[base]; ok && want {
			wanted[base] = true
			words.WriteString(lines.Text() + "\n")
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read dictionary: %w", err)
	}
	maps.DeleteFunc(wanted, func(_ string, found bool) bool { return found })
	if len(wanted) > 0 {
		return nil, UnknownWordsError{slices.Sorted(maps.Keys(wanted))}
	}
	return &Grammar{phrases: slices.Sorted(slices.Values(phrases)), words: words.String()}, nil
}

// jsgf is the grammar in the Java Speech Grammar Format 1.0.
func (g *Grammar) jsgf() string {
	return "#JSGF V1.0;\ngrammar g;\npublic <phrase> = " + strings.Join(g.phrases, " | ") + ";\n"
}

// phones are those of the CMUdict alphabet.
var phones = strings.Fields(`AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG
	OW OY P R S SH T TH UH UW V W Y Z ZH`)

// phoneLoop is a grammar of any sounds of speech in any order. How well it
// explains a sound is the measure for how well a phrase does.
var phoneLoop = func() (g struct{ jsgf, words string }) {
	var rule, words strings.Builder
	for i, p := range phones {
		if i > 0 {
			rule.WriteString(" | ")
		}
		rule.WriteString("ph_" + p)
		words.WriteString("ph_" + p + " " + p + "\n")
	}
	g.jsgf = "#JSGF V1.0;\ngrammar g;\n<phone> = " + rule.String() + ";\npublic <any> = <phone>+;\n"
	g.words = words.String()
	return g
}()
