package conversationrelay

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSentence is how many bytes wait for the end of a sentence before they are
// spoken without it.
const maxSentence = 600

// cut takes the complete sentences off the front of a text. A sentence ends with
// its mark before a blank, or with a line; what follows may still come.
func cut(text string) (sentences []string, rest string) {
	for {
		end := sentenceEnd(text)
		if end == 0 {
			return sentences, text
		}
		if s := strings.TrimSpace(text[:end]); s != "" {
			sentences = append(sentences, s)
		}
		text = text[end:]
	}
}

// sentenceEnd is where the first sentence of a text ends, 0 if it may go on.
func sentenceEnd(text string) int {
	marked := false
	for i, r := range text {
		if i > maxSentence {
			break
		}
		switch {
		case r == '\n', marked && unicode.IsSpace(r), strings.ContainsRune("。！？", r):
			return i + utf8.RuneLen(r)
		case strings.ContainsRune(".!?…", r):
			marked = true
		case !strings.ContainsRune(`"')]}”’»`, r):
			marked = false
		}
	}
	if len(text) <= maxSentence {
		return 0
	}
	if blank := strings.LastIndexAny(text[:maxSentence], " ,;"); blank > 0 {
		return blank + 1
	}
	end := maxSentence
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return end
}

// heardOf is the part of a sentence that is spoken in the first share of its
// time, in whole words.
func heardOf(sentence string, share float64) string {
	switch {
	case share <= 0:
		return ""
	case share >= 1:
		return sentence
	}
	runes := []rune(sentence)
	end := int(share * float64(len(runes)))
	for end > 0 && !unicode.IsSpace(runes[end]) {
		end--
	}
	return strings.TrimSpace(string(runes[:end]))
}
