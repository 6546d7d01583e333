package testcall

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ParseScript reads steps, one a line; # begins a comment line:
//
//	say TEXT
//	press KEYS
//	over DURATION say TEXT
//	over DURATION press KEYS
//	wait DURATION
//	listen
//	hangup
func ParseScript(text string) ([]Step, error) {
	var steps []Step
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseStep(line)
		if err == nil {
			err = step.validate()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func parseStep(line string) (s Step, err error) {
	verb, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if verb == "over" {
		var length string
		length, rest, _ = strings.Cut(rest, " ")
		if s.Over, err = time.ParseDuration(length); err != nil || s.Over <= 0 {
			return Step{}, fmt.Errorf("over %q: expected a duration such as 1s", length)
		}
		verb, rest, _ = strings.Cut(strings.TrimSpace(rest), " ")
		rest = strings.TrimSpace(rest)
	}
	switch verb {
	case "say":
		s.Say = rest
	case "press":
		s.Keys = rest
	case "wait":
		if s.Wait, err = time.ParseDuration(rest); err != nil || s.Wait <= 0 {
			return Step{}, fmt.Errorf("wait %q: expected a duration such as 1s", rest)
		}
	case "listen", "hangup":
		if rest != "" {
			return Step{}, errors.New(verb + " stands alone")
		}
		s.Listen, s.Hangup = verb == "listen", verb == "hangup"
	default:
		return Step{}, fmt.Errorf("%q is no step", verb)
	}
	return s, nil
}
