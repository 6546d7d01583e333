package testcall

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Print writes what happened in a call for people: the transcript with the
// score of every sentence, the times, and the end.
func Print(w io.Writer, r Report, lines []Line) error {
	var b strings.Builder
	for _, l := range lines {
		at, score := l.AtMS, ""
		if l.FoundMS != nil {
			at = *l.FoundMS
		}
		if l.Score != nil {
			score = fmt.Sprintf("  heard %.3f", *l.Score)
		}
		if l.Interrupted {
			score += "  interrupted"
		}
		fmt.Fprintf(&b, "%7s  %-9s  %s%s\n", seconds(at), l.Role, l.Text, score)
	}
	fmt.Fprintf(&b, "first audio    %s\n", duration(r.FirstAudioMS))
	for _, t := range r.Turns {
		if t.LatencyMS != nil {
			fmt.Fprintf(&b, "answer         %s after %q\n", duration(t.LatencyMS), t.Said)
		}
		if t.ClearMS != nil {
			fmt.Fprintf(&b, "time to clear  %s after %q began\n", duration(t.ClearMS), t.Said)
		}
	}
	fmt.Fprintf(&b, "end            %s\n", r.ending())
	_, err := io.WriteString(w, b.String())
	return err
}

func seconds(ms int64) string {
	return fmt.Sprintf("%.2f s", (time.Duration(ms) * time.Millisecond).Seconds())
}

func duration(ms *int64) string {
	if ms == nil {
		return "never"
	}
	return fmt.Sprintf("%d ms", *ms)
}
