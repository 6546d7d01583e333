package speech

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// respell replaces whole words by their respelling, without regard to case.
// Where words overlap the longest wins.
func respell(text string, words map[string]string) string {
	if len(words) == 0 {
		return text
	}
	to := map[string]string{}
	for _, w := range slices.Sorted(maps.Keys(words)) {
		to[strings.ToLower(w)] = words[w]
	}
	quoted := slices.SortedFunc(maps.Keys(to), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	for i, w := range quoted {
		quoted[i] = regexp.QuoteMeta(w)
	}
	pattern, err := regexp.Compile("(?i:" + strings.Join(quoted, "|") + ")")
	if err != nil {
		return text // words that are no text cannot occur in it
	}
	var b strings.Builder
	done := 0
	for _, at := range pattern.FindAllStringIndex(text, -1) {
		if inWord(text, at[0], at[1]) {
			continue
		}
		word, known := to[strings.ToLower(text[at[0]:at[1]])]
		if !known {
			continue // letters such as ſ fold to more than one form
		}
		b.WriteString(text[done:at[0]])
		b.WriteString(word)
		done = at[1]
	}
	b.WriteString(text[done:])
	return b.String()
}

// inWord reports whether a word goes on before or after text[from:to].
func inWord(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return letter(before) || letter(after)
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
