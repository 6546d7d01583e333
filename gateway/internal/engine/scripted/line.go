package scripted

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ownvoice"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/variable"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// line is something the assistant says.
type line struct {
	text    string
	purpose speech.Purpose
}

// Words of a confirmation, and its keys.
const (
	yes, no       = "yes", "no"
	yesKey, noKey = '1', '2'
)

// say is what the assistant says on entering a state.
func (p *plan) say(st *state) line {
	text := st.say
	if t := st.transfer; t != nil {
		if d, ok := p.destination(t.destination); ok {
			text = cmp.Or(d.Announce, text)
		}
	}
	vars := maps.Clone(p.config.Vars)
	if vars == nil {
		vars = map[string]string{}
	}
	vars["greeting"] = variable.Fill(cmp.Or(p.config.Greeting, api.DefaultGreeting), p.config.Vars)
	return clip(line{variable.Fill(text, vars), st.purpose})
}

// clip keeps a line within what can be spoken; variables can make it longer.
func clip(l line) line {
	l.text = strings.TrimSpace(l.text)
	if r := []rune(l.text); len(r) > speech.MaxText {
		l.text = string(r[:speech.MaxText])
	}
	return l
}

// question asks whether a keyword was said.
func question(keyword string) line {
	return line{
		fmt.Sprintf("Did you say %s? Say yes or press %c. Say no or press %c.", keyword, yesKey, noKey),
		speech.PurposeConfirm,
	}
}

// destination finds a named destination.
func (p *plan) destination(name string) (call.Destination, bool) {
	i := slices.IndexFunc(p.config.Transfers, func(d call.Destination) bool { return d.Name == name })
	if name == "" || i < 0 {
		return call.Destination{}, false
	}
	return p.config.Transfers[i], true
}

// lines is everything the script may say, the greeting first.
func (p *plan) lines() []line {
	var all []line
	add := func(l line) {
		if l.text != "" {
			all = append(all, l)
		}
	}
	add(p.say(p.script.states[p.script.start]))
	for _, name := range slices.Sorted(maps.Keys(p.script.states)) {
		st := p.script.states[name]
		add(p.say(st))
		if p.keywords[st] == nil {
			continue
		}
		for _, keyword := range slices.Sorted(maps.Keys(st.gather.keywords)) {
			add(question(keyword))
		}
	}
	return all
}

// utterance is a line in the assistant's voice.
func (p *plan) utterance(l line) speech.Utterance {
	u := ownvoice.Utterance(p.config, l.text, l.purpose)
	u.Mode = p.mode
	return u
}
