package speech

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// hypothesis is the best path of the decoder through a grammar.
type hypothesis struct {
	score    int      // acoustic score of the whole path
	words    []string // without silence
	spoken   int      // score of the words alone
	frames   int      // 10 ms each, of the words
	complete bool     // there was a path
}

// parseHypothesis reads a line of `pocketsphinx_batch -hypseg`: the name of
// the utterance, then "S … T total A acoustic L language", then the start
// frame, and of each segment its acoustic score, its language score, its word
// and the frame after it. An utterance without a path has no segments.
func parseHypothesis(line string) (h hypothesis, err error) {
	fields := strings.Fields(line)
	a := slices.Index(fields, "A")
	if a < 0 || len(fields) < a+5 || fields[a+2] != "L" {
		return h, nil
	}
	numbers := func(s ...string) (n []int) {
		for _, s := range s {
			v, e := strconv.Atoi(s)
			if e != nil {
				err = fmt.Errorf("recogniser output: %w", e)
			}
			n = append(n, v)
		}
		return n
	}
	h.score = numbers(fields[a+1])[0]
	start := numbers(fields[a+4])[0]
	for rest := fields[a+5:]; len(rest) >= 4 && err == nil; rest = rest[4:] {
		n := numbers(rest[0], rest[1], rest[3])
		end := n[2]
		if word := rest[2]; !strings.ContainsAny(word[:1], "<[(") {
			word, _, _ = strings.Cut(word, "(") // a pronunciation: "repeat(2)"
			h.words = append(h.words, word)
			h.spoken += n[0]
			h.frames += end - start
		}
		start = end
	}
	h.complete = err == nil && len(h.words) > 0
	return h, err
}
