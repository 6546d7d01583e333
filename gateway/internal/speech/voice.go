package speech

import (
	"bufio"
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// fallbackVoice speaks languages that espeak-ng does not know.
const fallbackVoice = "en-us"

// voices are the languages espeak-ng speaks, in lower case.
type voices map[string]bool

var alsoSpeaks = regexp.MustCompile(`\(([a-z0-9-]+) \d+\)`)

// parseVoices reads the table of `espeak-ng --voices`: the second column is
// the language, and the last lists others as "(en 2)(en-gb 5)".
func parseVoices(table []byte) voices {
	v := voices{}
	for lines := bufio.NewScanner(bytes.NewReader(table)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[0] == "Pty" {
			continue
		}
		v[strings.ToLower(fields[1])] = true
		for _, also := range alsoSpeaks.FindAllStringSubmatch(lines.Text(), -1) {
			v[also[1]] = true
		}
	}
	return v
}

var variant = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// pick gives the voice for an assistant's voice id and language: the id when
// espeak-ng knows it, else the closest language by cutting subtags off the end
// (de-DE, de), else American English. A variant ("+f3") is kept with either.
func (v voices) pick(id, language string) string {
	base, suffix, varied := strings.Cut(id, "+")
	voice := v.closest(language)
	if base := strings.ToLower(base); v[base] {
		voice = base
	}
	if varied && variant.MatchString(suffix) {
		voice += "+" + suffix
	}
	return voice
}

func (v voices) closest(language string) string {
	tags := strings.Split(strings.ToLower(language), "-")
	for n := range slices.Backward(tags) {
		if tag := strings.Join(tags[:n+1], "-"); v[tag] {
			return tag
		}
	}
	return fallbackVoice
}
