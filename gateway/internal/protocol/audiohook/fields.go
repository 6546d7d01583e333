package audiohook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may be nested.
const maxDepth = 32

// Problems of a text that is no message.
const (
	problemUTF8      = "the text is not valid UTF-8"
	problemObject    = "the text is not a JSON object"
	problemDepth     = "the JSON is nested too deeply"
	problemDuplicate = "the JSON has a member twice"
)

// checkJSON says what is wrong with a text, "" if it is one JSON object. A
// member that comes twice is refused: two readers would not agree which counts.
func checkJSON(text []byte) (problem string) {
	if !utf8.Valid(text) {
		return problemUTF8
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.UseNumber()
	var names []map[string]bool // of the open objects, nil for an array
	name := true                // the next token of an object is a name
	for first := true; ; first = false {
		token, err := in.Token()
		switch {
		case errors.Is(err, io.EOF) && len(names) == 0 && !first:
			return ""
		case err != nil, first && token != json.Delim('{'), !first && len(names) == 0:
			return problemObject
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if len(names) == maxDepth {
				return problemDepth
			}
			names = append(names, nil)
			if name = token == json.Delim('{'); name {
				names[len(names)-1] = map[string]bool{}
			}
			continue
		case json.Delim('}'), json.Delim(']'):
			names = names[:len(names)-1]
		default:
			if inside := names[len(names)-1]; inside != nil && name {
				text := token.(string) // a decoder gives nothing else here
				if inside[text] {
					return problemDuplicate
				}
				inside[text], name = true, false
				continue
			}
		}
		name = len(names) > 0 && names[len(names)-1] != nil
	}
}

// fields are the members of one JSON object that were not asked for yet. Names
// are compared exactly. The first problem is kept.
type fields struct {
	members map[string]json.RawMessage
	problem string
}

// parse takes an object apart; anything else has no members.
func parse(object json.RawMessage) fields {
	var f fields
	if json.Unmarshal(object, &f.members) != nil || f.members == nil {
		f.members = map[string]json.RawMessage{}
	}
	return f
}

// fail keeps the first problem.
func (f *fields) fail(problem string) {
	if f.problem == "" {
		f.problem = problem
	}
}

// take gives a member that is there and not null.
func (f *fields) take(name string) (json.RawMessage, bool) {
	v, ok := f.members[name]
	delete(f.members, name)
	return v, ok && string(v) != "null"
}

// text reads a string; anything else is "".
func (f *fields) text(name string) (s string) {
	if v, ok := f.take(name); ok {
		_ = json.Unmarshal(v, &s) // leaves "" in place of anything else
	}
	return s
}

// required reads a string that must be there.
func (f *fields) required(name string) (s string) {
	if v, ok := f.take(name); !ok || json.Unmarshal(v, &s) != nil {
		f.fail(name + " is not a string")
	}
	return s
}

// number reads a whole number that is not negative.
func (f *fields) number(name string) int64 {
	v, _ := f.take(name)
	n, err := strconv.ParseUint(string(v), 10, 53)
	if err != nil {
		f.fail(name + " is not a whole number")
	}
	return int64(n)
}

// duration reads a duration; ok is false for anything else.
func (f *fields) duration(name string) (d time.Duration, ok bool) {
	return parseDuration(f.text(name))
}

// object takes a nested object apart.
func (f *fields) object(name string) fields {
	v, _ := f.take(name)
	return parse(v)
}
