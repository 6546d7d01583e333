package scripted

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// Limits of a script.
const (
	maxStates   = 200
	maxKeywords = 100 // of one state; with yes and no well within a grammar
	minTimeout  = time.Second
	maxTimeout  = 5 * time.Minute
	maxRetries  = 10
	keys        = "0123456789*#ABCD"
)

var stateName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

// check reports the first broken rule, in the order of state names.
func (s *Script) check() error {
	if len(s.states) == 0 || len(s.states) > maxStates {
		return fmt.Errorf("states: %d states; a script has 1 to %d", len(s.states), maxStates)
	}
	for _, name := range slices.Sorted(maps.Keys(s.states)) {
		if !stateName.MatchString(name) {
			return fmt.Errorf("states: %q is not a name: letters, digits, - and _, at most 64, not starting with a digit", name)
		}
		if err := s.checkState("states."+name, s.states[name]); err != nil {
			return err
		}
	}
	if err := s.known("start", s.start); err != nil {
		return err
	}
	return s.checkProgress()
}

func (s *Script) checkState(path string, st *state) error {
	if n := utf8.RuneCountInString(st.say); n > api.MaxGreeting {
		return fmt.Errorf("%s.say: %d characters are more than %d", path, n, api.MaxGreeting)
	}
	actions := 0
	for _, has := range []bool{st.gather != nil, st.transfer != nil, st.end, st.echo, st.repeat} {
		if has {
			actions++
		}
	}
	goesOn := st.echo || st.repeat || actions == 0
	switch {
	case actions > 1:
		return fmt.Errorf("%s: more than one of gather, transfer, end, echo, record_playback and repeat", path)
	case actions == 0 && st.next == "":
		return fmt.Errorf("%s: nothing follows: add gather, transfer, end, echo, record_playback, repeat or goto", path)
	case goesOn:
		return s.known(path+".goto", st.next)
	case st.next != "":
		return fmt.Errorf("%s.goto: never reached, because the state has another action", path)
	case st.transfer != nil:
		return s.known(path+".transfer.refused", st.transfer.refused)
	case st.gather != nil:
		return s.checkGather(path+".gather", st)
	}
	return nil
}

func (s *Script) checkGather(path string, st *state) error {
	g := st.gather
	if len(g.dtmf)+len(g.keywords) == 0 {
		return fmt.Errorf("%s: neither dtmf nor keywords", path)
	}
	if n := len(g.keywords); n > maxKeywords {
		return fmt.Errorf("%s.keywords: %d are more than %d", path, n, maxKeywords)
	}
	for _, key := range slices.Sorted(maps.Keys(g.dtmf)) {
		if len(key) != 1 || !strings.Contains(keys, key) {
			return fmt.Errorf("%s.dtmf: %q is not a key: one of %s", path, key, keys)
		}
		if err := s.known(path+".dtmf."+key, g.dtmf[key]); err != nil {
			return err
		}
	}
	for _, phrase := range slices.Sorted(maps.Keys(g.keywords)) {
		if err := speech.CheckPhrase(phrase); err != nil {
			return fmt.Errorf("%s.keywords: %w", path, err)
		}
		if err := s.known(path+".keywords."+phrase, g.keywords[phrase]); err != nil {
			return err
		}
	}
	switch {
	case g.otherwise == "" && st.say == "":
		return fmt.Errorf("%s.otherwise: needed where the state itself says nothing", path)
	case g.retries < 0 || g.retries > maxRetries:
		return fmt.Errorf("%s.retries: %d is not from 0 to %d", path, g.retries, maxRetries)
	case g.timeout == 0 && (g.retries != 0 || g.onTimeout != ""):
		return fmt.Errorf("%s.timeout: needed by retries and on_timeout", path)
	}
	if g.otherwise != "" {
		if err := s.known(path+".otherwise", g.otherwise); err != nil {
			return err
		}
	}
	if g.timeout != 0 {
		return s.known(path+".on_timeout", g.onTimeout)
	}
	return nil
}

func (s *Script) known(path, name string) error {
	if name == "" {
		return fmt.Errorf("%s: the name of a state is missing", path)
	}
	if s.states[name] == nil {
		return fmt.Errorf("%s: there is no state %q", path, name)
	}
	return nil
}

// checkProgress refuses states that lead to each other without ever waiting
// for the caller.
func (s *Script) checkProgress() error {
	for _, name := range slices.Sorted(maps.Keys(s.states)) {
		at := name
		for range s.states {
			if at = s.states[at].hurries(); at == "" {
				break
			}
			if at == name {
				return fmt.Errorf("states.%s: leads back to itself without listening to the caller", name)
			}
		}
	}
	return nil
}

// hurries is the state that may follow without the caller having done
// anything, or "".
func (st *state) hurries() string {
	switch {
	case st.transfer != nil:
		return st.transfer.refused
	case st.echo:
		return ""
	}
	return st.next
}

// final reports whether entering a state ends or transfers the call, at once
// or after sentences only.
func (s *Script) final(name string) bool {
	for range s.states {
		st := s.states[name]
		switch {
		case st.transfer != nil, st.end:
			return true
		case st.echo, st.gather != nil:
			return false
		}
		name = st.next
	}
	return false
}

// setPurposes guesses what each state says from its place, for callers who
// hear recorded prompts only.
func (s *Script) setPurposes() {
	help, refused := map[string]bool{}, map[string]bool{}
	for _, st := range s.states {
		if st.gather != nil {
			help[st.gather.otherwise] = true
		}
		if st.transfer != nil {
			refused[st.transfer.refused] = true
		}
	}
	for name, st := range s.states {
		switch {
		case st.transfer != nil:
			st.purpose = speech.PurposeTransfer
		case st.end:
			st.purpose = speech.PurposeGoodbye
		case st.echo:
			st.purpose = speech.PurposeEcho
		case name == s.start:
			st.purpose = speech.PurposeGreeting
		case refused[name]:
			st.purpose = speech.PurposeNoLiveAgent
		case help[name]:
			st.purpose = speech.PurposeHelp
		default:
			st.purpose = speech.PurposeStatement
		}
	}
}

// checkWords reports keywords that a recogniser cannot hear.
func (s *Script) checkWords(r *speech.Recognizer) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.states)) {
		if g := s.states[name].gather; g != nil && len(g.keywords) > 0 {
			if _, err := r.Grammar(slices.Collect(maps.Keys(g.keywords))); err != nil {
				errs = append(errs, fmt.Errorf("states.%s.gather.keywords: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}
