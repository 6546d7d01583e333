package audiohook

import "encoding/json"

// fromServer are the messages of the other end of the client.
var fromServer = map[string]func(*decoder, *fields, *Message){
	"opened": func(_ *decoder, f *fields, m *Message) {
		m.Kind = Opened
		if v, ok := f.take("media"); !ok || json.Unmarshal(v, &m.Media) != nil {
			f.fail("media is not a list of media")
		}
		for _, name := range []string{"discardTo", "startPaused", "supportedLanguages"} {
			f.take(name)
		}
	},
	"pong":    plain(Pong),
	"closed":  plain(Closed),
	"updated": plain(Updated),
	"event": func(_ *decoder, f *fields, m *Message) {
		m.Kind = Event
		var entities []struct {
			Type string `json:"type"`
		}
		if v, ok := f.take("entities"); !ok || json.Unmarshal(v, &entities) != nil {
			f.fail("entities is not a list")
		}
		for _, e := range entities {
			m.BargeIn = m.BargeIn || e.Type == "barge_in"
		}
	},
	"disconnect": func(_ *decoder, f *fields, m *Message) {
		m.Kind, m.Reason, m.Text = Disconnect, f.required("reason"), f.text("info")
		// Values that are no strings make the client drop all of them.
		if v, ok := f.take("outputVariables"); ok && json.Unmarshal(v, &m.Output) != nil {
			f.fail("outputVariables are not all strings")
		}
	},
}
