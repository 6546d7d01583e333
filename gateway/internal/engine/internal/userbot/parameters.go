package userbot

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// Bounds of custom parameters. The vendor's rule is that a name and its value
// have less than 500 characters together; the others keep the first message of
// a call small.
const (
	maxParameter       = 499
	maxParameters      = 32
	maxParametersBytes = 8 << 10
)

// ParameterCallerFirst is the name of the parameter, "true", that tells a bot not
// to greet: the assistant is configured so, or the connection was opened again in
// the middle of a call.
const ParameterCallerFirst = "caller_first"

// Parameters gives the variables of the call as custom parameters, in the order
// of their names as many as fit, and the names of the others.
func Parameters(c call.Config) (p map[string]string, left []string) {
	p = map[string]string{}
	if c.CallerFirst {
		p[ParameterCallerFirst] = "true"
	}
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(c.Vars)) {
		value := c.Vars[name]
		size := len(name) + len(value)
		if utf8.RuneCountInString(name)+utf8.RuneCountInString(value) > maxParameter ||
			len(p) == maxParameters || bytes+size > maxParametersBytes {
			left = append(left, name)
			continue
		}
		p[name] = value
		bytes += size
	}
	return p, left
}
