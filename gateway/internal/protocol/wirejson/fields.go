package wirejson

import (
	"encoding/json"
	"strconv"
)

// Absent is the value of a number that a message did not carry.
const Absent = -1

// maxNumber keeps arithmetic on timestamps far from overflow; in milliseconds
// it is more than 30,000 years.
const maxNumber = 1e15 - 1

// Fields are the members of one JSON object that were not asked for yet. Names
// are compared exactly and of equal names the last counts. The first problem
// is kept; nested objects share it.
type Fields struct {
	// Either looks for the snake_case spelling of a name, too; set it on the
	// outermost object, before anything is asked for.
	Either bool

	members map[string]json.RawMessage
	nested  []*Fields
	problem string
	snake   bool
	parent  *Fields
}

// Parse reads a message, which must be one object.
func Parse(msg []byte) *Fields {
	f := &Fields{}
	if err := json.Unmarshal(msg, &f.members); err != nil || f.members == nil {
		f.problem = "not a JSON object"
	}
	return f
}

func (f *Fields) root() *Fields {
	for f.parent != nil {
		f = f.parent
	}
	return f
}

// Fail notes a problem, which must not repeat the message's content.
func (f *Fields) Fail(problem string) {
	if root := f.root(); root.problem == "" {
		root.problem = problem
	}
}

// Problem is the first one that was found; empty if the message is in order.
func (f *Fields) Problem() string { return f.root().problem }

// Snake reports whether any name was found in snake_case.
func (f *Fields) Snake() bool { return f.root().snake }

// Left counts the members that nobody asked for.
func (f *Fields) Left() int {
	n := len(f.members)
	for _, o := range f.nested {
		n += o.Left()
	}
	return n
}

// Has reports whether there is a member that was not asked for yet.
func (f *Fields) Has(name string) bool {
	v, ok := f.members[name]
	return ok && string(v) != "null"
}

func (f *Fields) take(name string) (json.RawMessage, bool) {
	v, ok := f.members[name]
	if root := f.root(); !ok && root.Either {
		if other := Snake(name); other != name {
			name = other
			v, ok = f.members[name]
			root.snake = root.snake || ok
		}
	}
	delete(f.members, name)
	return v, ok && string(v) != "null"
}

// Ignore takes members without looking at them.
func (f *Fields) Ignore(names ...string) {
	for _, name := range names {
		f.take(name)
	}
}

// Text reads a string; empty if there is none.
func (f *Fields) Text(name string, required bool) (s string) {
	v, ok := f.take(name)
	if !ok {
		if required {
			f.Fail(name + " is missing")
		}
		return ""
	}
	if json.Unmarshal(v, &s) != nil {
		f.Fail(name + " is not a string")
	}
	return s
}

// Number reads a whole number that is not negative, as a JSON number or a
// string; Absent if there is none.
func (f *Fields) Number(name string) int64 {
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
		f.Fail(name + " is not a number from 0 to 10^15-1")
		return Absent
	}
	return int64(n)
}

// Object reads a nested object; it is never nil, and a missing one is a
// problem.
func (f *Fields) Object(name string) *Fields {
	o, ok := f.Optional(name)
	if !ok {
		f.Fail(name + " is not an object")
	}
	return o
}

// Optional reads a nested object that may be missing; it is never nil.
func (f *Fields) Optional(name string) (_ *Fields, ok bool) {
	o := &Fields{parent: f}
	v, ok := f.take(name)
	if !ok {
		return o, false
	}
	if json.Unmarshal(v, &o.members) != nil {
		f.Fail(name + " is not an object")
		return o, true
	}
	f.nested = append(f.nested, o)
	return o, true
}

// List reads an array of objects, at most most of them; nil if there is none.
func (f *Fields) List(name string, most int) []*Fields {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	var items []map[string]json.RawMessage
	if json.Unmarshal(v, &items) != nil || len(items) > most {
		f.Fail(name + " are not at most " + strconv.Itoa(most) + " objects")
		return nil
	}
	list := make([]*Fields, len(items))
	for i, members := range items {
		list[i] = &Fields{parent: f, members: members}
	}
	f.nested = append(f.nested, list...)
	return list
}

// Texts reads an array of strings, at most most of them; nil if there is none.
func (f *Fields) Texts(name string, most int) (list []string) {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	if json.Unmarshal(v, &list) != nil || len(list) > most {
		f.Fail(name + " are not at most " + strconv.Itoa(most) + " strings")
		return nil
	}
	return list
}

// Parameters reads an object of strings, bounded in number and in bytes; nil
// if there is none.
func (f *Fields) Parameters(name string, most, bytes int) (p map[string]string) {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	if len(v) > bytes {
		f.Fail(name + " are too long")
		return nil
	}
	if json.Unmarshal(v, &p) != nil || len(p) > most {
		f.Fail(name + " are not at most " + strconv.Itoa(most) + " strings")
	}
	return p
}

// Loose reads a value that peers write as a string, a number or a boolean;
// empty for anything else.
func (f *Fields) Loose(name string) string {
	v, _ := f.take(name)
	return loose(v)
}

// LooseParameters is Parameters for peers that do not write strings only: what
// Loose would not take is left out.
func (f *Fields) LooseParameters(name string, most, bytes int) map[string]string {
	v, ok := f.take(name)
	if !ok {
		return nil
	}
	var members map[string]json.RawMessage
	switch {
	case len(v) > bytes:
		f.Fail(name + " are too long")
		return nil
	case json.Unmarshal(v, &members) != nil || len(members) > most:
		f.Fail(name + " are not an object of at most " + strconv.Itoa(most) + " members")
		return nil
	}
	p := map[string]string{}
	for member, v := range members {
		if text := loose(v); text != "" {
			p[member] = text
		}
	}
	return p
}

func loose(v json.RawMessage) (text string) {
	if len(v) == 0 || v[0] == '{' || v[0] == '[' || string(v) == "null" {
		return ""
	}
	if v[0] != '"' {
		return string(v)
	}
	_ = json.Unmarshal(v, &text) // a member of a parsed object is valid
	return text
}
