package testcall

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// MinScore is the correlation from which a sentence counts as heard.
	MinScore = 0.9
	// heardTolerance is how far the call record may be off about what was
	// heard: one mark interval (100 ms) and a frame on each side.
	heardTolerance = 140 * time.Millisecond
	// shortest is the least that is looked for; audio.Align takes no less.
	shortest = 250 * time.Millisecond
)

// Line is one line of a transcript.
type Line struct {
	api.Turned
	// Score is how well the sentence correlates with what was heard, 1 is the
	// sentence itself; nil where there is nothing to compare: the caller's
	// lines, signs in brackets, and sentences interrupted at once.
	Score *float64 `json:"score,omitempty"`
	// FoundMS is where it was heard, from the audio.
	FoundMS *int64 `json:"found_ms,omitempty"`
}

// Verify compares a call record with the audio of the call: every sentence of
// the assistant, spoken by the same voice, must be heard, in the order of the
// record. Of an interrupted one the part that the record calls heard is
// compared. It gives the whole transcript and one error for each sentence that
// was not heard.
func Verify(ctx context.Context, heard audio.Sound, record api.Call, voice Voice) ([]Line, error) {
	lines := make([]Line, 0, len(record.Turns))
	var after time.Duration // where the sentence before was over
	var missing []error
	for i, t := range record.Turns {
		line := Line{Turned: t}
		if compared(t) {
			prompts, err := voice(ctx, t.Text)
			if err != nil {
				return lines, fmt.Errorf("speak %q for comparison: %w", t.Text, err)
			}
			// A caller who hangs up cuts off whatever is being said.
			last := i == len(record.Turns)-1 && record.Outcome == outcomeCallerHangup
			if (t.Interrupted || last) && t.HeardMS != nil {
				cut(prompts, time.Duration(*t.HeardMS)*time.Millisecond-heardTolerance)
			}
			if after, err = line.find(prompts, heard, after); err != nil {
				missing = append(missing, err)
			}
		}
		lines = append(lines, line)
	}
	return lines, errors.Join(missing...)
}

// outcomeCallerHangup is api.Call.Outcome of a call that the caller ended.
const outcomeCallerHangup = "caller_hangup"

// compared tells which turns are sentences of the assistant.
func compared(t api.Turned) bool {
	return t.Role == "assistant" && t.Text != "" && !strings.HasPrefix(t.Text, "[")
}

// cut leaves the start of each sound.
func cut(sounds []audio.Sound, length time.Duration) {
	for i, s := range sounds {
		n := int(max(length, 0) * time.Duration(s.Rate) / time.Second)
		sounds[i].Samples = s.Samples[:min(n, len(s.Samples))]
	}
}

// find looks for the prompt that fits best in what was heard from a time on,
// and gives the time where it is over.
func (l *Line) find(prompts []audio.Sound, heard audio.Sound, after time.Duration) (over time.Duration, err error) {
	from := min(int(after*time.Duration(heard.Rate)/time.Second), len(heard.Samples))
	rest := audio.Sound{Rate: heard.Rate, Samples: heard.Samples[from:]}
	for _, prompt := range prompts {
		if prompt.Duration() < shortest {
			continue
		}
		offset, score, err := earliest(prompt, rest)
		if err != nil {
			return after, fmt.Errorf("compare %q: %w", l.Text, err)
		}
		if l.Score == nil || score > *l.Score {
			l.Score, l.FoundMS = &score, millis(after+offset)
			over = after + offset + prompt.Duration() - heardTolerance
		}
	}
	switch {
	case l.Score == nil:
		return after, nil // too short to be looked for
	case *l.Score < MinScore:
		l.FoundMS = nil
		return after, fmt.Errorf("%q was not heard: correlation %.2f is below %.2f", l.Text, *l.Score, MinScore)
	}
	return over, nil
}

// earliest finds the first place where the prompt was heard: of a sentence that
// was said twice, a later one may fit a little better. Without such a place it
// gives the best one.
func earliest(prompt, heard audio.Sound) (offset time.Duration, score float64, err error) {
	offset, score, err = audio.Align(prompt, heard)
	for err == nil && score >= MinScore {
		// What ends where this one begins; the next must not be found again.
		end := int((offset + heardTolerance) * time.Duration(heard.Rate) / time.Second)
		heard.Samples = heard.Samples[:min(end, len(heard.Samples))]
		before, s, err := audio.Align(prompt, heard)
		if err != nil || s < MinScore || before > offset-heardTolerance {
			break
		}
		offset, score = before, s
	}
	return offset, score, err
}
