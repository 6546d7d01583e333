package audiohook

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// fromClient are the messages of Genesys.
var fromClient = map[string]func(*decoder, *fields, *Message){
	"open": open,
	"ping": func(_ *decoder, f *fields, m *Message) {
		m.Kind = Ping
		f.take("rtt")
	},
	"close": func(_ *decoder, f *fields, m *Message) {
		m.Kind, m.Reason = Close, f.text("reason")
	},
	"discarded": gap(Discarded),
	"paused":    plain(Paused),
	"resumed":   gap(Resumed),
	"update": func(_ *decoder, f *fields, m *Message) {
		m.Kind, m.Language = Update, f.text("language")
	},
	"error": func(d *decoder, f *fields, m *Message) {
		m.Kind, m.Text = Error, f.text("message")
		if v, ok := f.take("code"); ok && json.Unmarshal(v, &m.Code) != nil {
			d.stats.Malformed++
		}
		if _, ok := f.members["retryAfter"]; ok {
			m.RetryAfter = d.duration(f, "retryAfter")
		}
	},
	"dtmf": func(_ *decoder, f *fields, m *Message) {
		m.Kind, m.Digit = DTMF, f.text("digit")
	},
	"playback_started":   plain(PlaybackStarted),
	"playback_completed": plain(PlaybackCompleted),
}

// gap reads a message about audio that was left out.
func gap(k Kind) func(*decoder, *fields, *Message) {
	return func(d *decoder, f *fields, m *Message) {
		m.Kind = k
		m.Start, m.Discarded = d.duration(f, "start"), d.duration(f, "discarded")
	}
}

// duration reads a duration; anything else is none, and counted.
func (d *decoder) duration(f *fields, name string) (t time.Duration) {
	t, ok := f.duration(name)
	if !ok {
		d.stats.Malformed++
	}
	return t
}

// open reads the only message with required members. Numbers that are withheld
// may be absent.
func open(_ *decoder, f *fields, m *Message) {
	o := &OpenParameters{
		OrganizationID: f.required("organizationId"),
		ConversationID: f.required("conversationId"),
		Language:       f.text("language"),
	}
	p := f.object("participant")
	o.Participant = Participant{
		ID: p.required("id"), ANI: p.text("ani"), ANIName: p.text("aniName"), DNIS: p.text("dnis"),
	}
	if p.problem != "" {
		f.fail("participant: " + p.problem)
	}
	if v, ok := f.take("media"); !ok || json.Unmarshal(v, &o.Media) != nil {
		f.fail("media is not a list of media")
	}
	o.readInput(f.object("inputVariables"))
	// Of no use here; customConfig comes as an object or as a string with one.
	for _, name := range []string{"supportedLanguages", "continuedSessions", "customConfig"} {
		f.take(name)
	}
	m.Kind, m.Open = Open, o
}

// readInput takes the session variables, in the order of their names, up to the
// bounds.
func (o *OpenParameters) readInput(f fields) {
	o.Input = map[string]string{}
	room := MaxInput
	for _, name := range slices.Sorted(maps.Keys(f.members)) {
		value := string(f.members[name])
		if value[0] == '"' {
			value = ""                                  // else it stays JSON: numbers, booleans, null, lists, objects
			_ = json.Unmarshal(f.members[name], &value) // a member of a parsed object is valid
		}
		if room -= len(name) + len(value); room < 0 || len(o.Input) == MaxInputNames || strings.HasPrefix(name, "_") {
			room += len(name) + len(value)
			o.InputDropped++
			continue
		}
		o.Input[name] = value
	}
}
