package twiliomedia

import (
	"encoding/json"
	"strconv"
)

// maxNumber keeps arithmetic on timestamps far from overflow; in milliseconds
// it is more than 30,000 years.
const maxNumber = 1e15 - 1

// fields are the members of one JSON object that were not asked for yet. Names
// are compared exactly and of equal names the last counts. The first problem
// is kept; nested objects share it.
type fields struct {
	members map[string]json.RawMessage
	nested  []*fields
	problem string
	parent  *fields
}

func parse(msg []byte) *fields {
	f := &fields{}
	if err := json.Unmarshal(msg, &f.members); err != nil || f.members == nil {
		f.problem = "not a JSON object"
	}
	return f
}

func (f *fields) fail(problem string) {
	for f.parent != nil {
		f = f.parent
	}
	if f.problem == "" {
		f.problem = problem
	}
}

// left counts members nobody asked for.
func (f *fields) left() int {
	n := len(f.members)
	for _, o := range f.nested {
		n += o.left()
	}
	return n
}

func (f *fields) take(name string) (json.RawMessage, bool) {
	v, ok := f.members[name]
	delete(f.members, name)
	return v, ok && string(v) != "null"
}

func (f *fields) ignore(names ...string) {
	for _, name := range names {
		delete(f.members, name)
	}
}

func (f *fields) text(name string, required bool) (s string) {
	v, ok := f.take(name)
	if !ok {
		if required {
			f.fail(name + " is missing")
		}
		return ""
	}
	if json.Unmarshal(v, &s) != nil {
		f.fail(name + " is not a string")
	}
	return s
}

// number reads a whole number that is not negative, as a JSON number or a
// string; Absent if there is none.
func (f *fields) number(name string) int64 {
	v, ok := f.take(name)
	if !ok {
		return Absent
	}
	text := string(v)
	if v[0] == '"' {
		text = ""
		_ = json.Unmarshal(v, &text) // a member of a parsed object is valid
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > maxNumber {
		f.fail(name + " is not a number from 0 to 10^15-1")
		return Absent
	}
	return int64(n)
}

// object reads a nested object; it is never nil, and a missing one is a
// problem.
func (f *fields) object(name string) *fields {
	o := &fields{parent: f}
	v, ok := f.take(name)
	if !ok || json.Unmarshal(v, &o.members) != nil {
		f.fail(name + " is not an object")
		return o
	}
	f.nested = append(f.nested, o)
	return o
}

func (f *fields) parameters(name string) (p map[string]string) {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	if len(v) > MaxParametersBytes {
		f.fail(name + " are too long")
		return nil
	}
	if json.Unmarshal(v, &p) != nil || len(p) > MaxParameters {
		f.fail(name + " are not at most " + strconv.Itoa(MaxParameters) + " strings")
	}
	return p
}
