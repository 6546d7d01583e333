package scripted

import (
	"bytes"
	_ "embed" // default.json
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

//go:embed default.json
var defaultScript []byte

// Script is a valid script, see the package comment.
type Script struct {
	start  string
	states map[string]*state
}

// state is one state: what is said, then exactly one of gather, transfer, end,
// echo, repeat, or next alone.
type state struct {
	say      string
	purpose  speech.Purpose
	gather   *gather
	transfer *transfer
	end      bool
	echo     bool
	repeat   bool
	next     string // after echo, repeat or say alone
}

type gather struct {
	dtmf      map[string]string // key to state
	keywords  map[string]string // phrase to state
	otherwise string            // empty: the state itself
	timeout   time.Duration     // 0: none
	retries   int
	onTimeout string
}

type transfer struct {
	destination string // empty: the channel's own live agent
	refused     string
}

// The JSON of a script.
type (
	scriptJSON struct {
		Start  string                     `json:"start"`
		States map[string]json.RawMessage `json:"states"`
	}
	stateJSON struct {
		Say            string          `json:"say"`
		Gather         json.RawMessage `json:"gather"`
		Transfer       json.RawMessage `json:"transfer"`
		Tool           json.RawMessage `json:"tool"`
		End            bool            `json:"end"`
		Echo           bool            `json:"echo"`
		RecordPlayback bool            `json:"record_playback"`
		Repeat         bool            `json:"repeat"`
		Goto           string          `json:"goto"`
	}
	gatherJSON struct {
		DTMF      map[string]string `json:"dtmf"`
		Keywords  map[string]string `json:"keywords"`
		Otherwise string            `json:"otherwise"`
		Timeout   string            `json:"timeout"`
		Retries   int               `json:"retries"`
		OnTimeout string            `json:"on_timeout"`
	}
	transferJSON struct {
		Destination string `json:"destination"`
		Refused     string `json:"refused"`
	}
)

// ParseScript reads a script strictly; no data gives the default script. An
// error names the place, as in "states.menu.gather.dtmf: ...".
func ParseScript(data []byte) (*Script, error) {
	if len(data) == 0 {
		data = defaultScript
	}
	if len(data) > api.MaxScript {
		return nil, fmt.Errorf("script of more than %d bytes", api.MaxScript)
	}
	var raw scriptJSON
	if err := strict("script", data, &raw); err != nil {
		return nil, err
	}
	s := &Script{start: raw.Start, states: map[string]*state{}}
	for _, name := range slices.Sorted(maps.Keys(raw.States)) {
		st, err := parseState("states."+name, raw.States[name])
		if err != nil {
			return nil, err
		}
		s.states[name] = st
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	s.setPurposes()
	return s, nil
}

func parseState(path string, data []byte) (*state, error) {
	var raw stateJSON
	if err := strict(path, data, &raw); err != nil {
		return nil, err
	}
	if raw.Tool != nil {
		return nil, fmt.Errorf("%s.tool: tools are not built yet", path)
	}
	st := &state{
		say: raw.Say, end: raw.End, echo: raw.Echo || raw.RecordPlayback, repeat: raw.Repeat, next: raw.Goto,
	}
	if raw.Gather != nil {
		var g gatherJSON
		if err := strict(path+".gather", raw.Gather, &g); err != nil {
			return nil, err
		}
		st.gather = &gather{
			dtmf: g.DTMF, keywords: g.Keywords, otherwise: g.Otherwise, retries: g.Retries, onTimeout: g.OnTimeout,
		}
		if g.Timeout != "" {
			d, err := time.ParseDuration(g.Timeout)
			if err != nil || d < minTimeout || d > maxTimeout {
				return nil, fmt.Errorf("%s.gather.timeout: %q is not a duration from %v to %v",
					path, g.Timeout, minTimeout, maxTimeout)
			}
			st.gather.timeout = d
		}
	}
	if raw.Transfer != nil {
		var t transferJSON
		if err := strict(path+".transfer", raw.Transfer, &t); err != nil {
			return nil, err
		}
		st.transfer = &transfer{t.Destination, t.Refused}
	}
	return st, nil
}

// strict decodes exactly one JSON object without unknown members.
func strict(path string, data []byte, into any) error {
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return fmt.Errorf("%s: not a JSON object", path)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s.%s: a JSON %s is in the place of a %s", path, wrong.Field, wrong.Value, jsonType(wrong.Type))
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one JSON value", path)
	}
	return nil
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Map:
		return "JSON object"
	case reflect.Int:
		return "whole number"
	default:
		return t.String()
	}
}
