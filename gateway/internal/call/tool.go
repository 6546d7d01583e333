package call

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// maxArgs bounds the arguments of a tool call in bytes.
const maxArgs = 64 << 10

// tool carries out a tool call of the engine.
func (o *owner) tool(now time.Time, e Event) {
	switch e.Name {
	case ToolEnd:
		o.drain(now, Ending{Reason: ReasonEngineEnd, Outcome: OutcomeResolved})
	case ToolTransfer:
		target, word := o.transferTarget(e.Args)
		if word != "" {
			o.do(ToolResult{ID: e.ID, Err: word})
			return
		}
		o.transfer(now, e.ID, Ending{Reason: ReasonTransfer, Outcome: OutcomeTransferred, Transfer: &target})
	default:
		o.do(ToolResult{ID: e.ID, Err: "unknown_tool"})
	}
}

// transferTarget resolves the arguments of ToolTransfer, or answers the word
// for what is wrong with them. Only names that were configured are ever
// dialled.
func (o *owner) transferTarget(args string) (t Target, word string) {
	var a struct {
		Destination string `json:"destination"`
		Summary     string `json:"summary"`
	}
	if args != "" && (len(args) > maxArgs || json.Unmarshal([]byte(args), &a) != nil) {
		return t, "bad_arguments"
	}
	t = Target{Name: a.Destination, Summary: clip(oneLine(a.Summary))}
	if t.Name != "" {
		to, ok := o.s.Destinations[t.Name]
		if !ok {
			return t, "unknown_destination"
		}
		t.Destination = to
	}
	if t.Destination == "" {
		t.Destination = o.s.LiveAgent
	}
	if t.Destination == "" {
		return t, "no_live_agent"
	}
	return t, ""
}

// oneLine makes blanks of control characters: what an engine says of a call may
// become a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
