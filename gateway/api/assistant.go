package api

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Values of Assistant.GreetingMode, Assistant.Fallback and Assistant.Status.
const (
	AssistantFirst = "assistant_first"
	CallerFirst    = "caller_first"
	Generated      = "generated"

	FallbackLiveAgent = "live_agent"
	FallbackEndCall   = "end_call"

	StatusActive   = "active"
	StatusInactive = "inactive"
)

// Assistant answers calls on its channels.
type Assistant struct {
	ID          string   `json:"id,omitempty" readOnly:"true" doc:"Identifier, asst_ and a ULID." example:"asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N"`
	Name        string   `json:"name" minLength:"1" maxLength:"80" doc:"Unique name, 1 to 80 characters."`
	Description string   `json:"description,omitempty" maxLength:"1000" doc:"Text for people."`
	Tags        []string `json:"tags,omitempty" maxItems:"50" uniqueItems:"true" doc:"Labels for analytics; they change nothing else."`

	Instructions          string              `json:"instructions,omitempty" maxLength:"50000" doc:"What the model is told about its task; {{name}} stands for a variable. The scripted engine does not read it."`
	Language              string              `json:"language,omitempty" maxLength:"35" doc:"BCP 47 tag of the language spoken and understood. Default en-US."`
	Greeting              string              `json:"greeting,omitempty" maxLength:"1000" doc:"First sentence of the assistant. Empty means a short default greeting."`
	GreetingMode          string              `json:"greeting_mode,omitempty" enum:"assistant_first,caller_first,generated" doc:"Who speaks first, and with generated, which the scripted engine cannot do, that the model words the greeting itself. Default assistant_first."`
	GreetingInterruptible *bool               `json:"greeting_interruptible,omitempty" doc:"Whether the caller may talk over the greeting. Default true."`
	Voice                 *Voice              `json:"voice,omitempty" doc:"How the assistant sounds."`
	Variables             map[string]string   `json:"variables,omitempty" doc:"Values the engine may read, written {{name}} in spoken texts; what the platform passes in overrides them."`
	Engine                *Engine             `json:"engine,omitempty" doc:"The AI backend. Absent means the scripted engine with its default script."`
	Turn                  *Turn               `json:"turn,omitempty" doc:"Turn-taking."`
	Transfers             map[string]Transfer `json:"transfers,omitempty" doc:"Named transfer destinations."`
	MaxCallDuration       Duration            `json:"max_call_duration,omitempty" doc:"Longest call, 1m to 4h; expiry runs the fallback. Default 30m."`
	InactivityTimeout     Duration            `json:"inactivity_timeout,omitempty" doc:"Silence of the caller, 5s to 300s, until the inactivity prompt; the second expiry runs the fallback. Default 30s."`
	InactivityPrompt      string              `json:"inactivity_prompt,omitempty" maxLength:"1000" doc:"Sentence spoken after the first inactivity timeout. Default: Are you still there?"`
	Fallback              string              `json:"fallback,omitempty" enum:"live_agent,end_call" doc:"What happens when the engine fails, time runs out or the caller stays silent. Default live_agent."`

	Status        string     `json:"status,omitempty" readOnly:"true" enum:"active,inactive" doc:"active when at least one enabled channel exists and the engine can start."`
	StatusReasons []string   `json:"status_reasons,omitempty" readOnly:"true" doc:"Why the assistant is inactive; empty when it is active."`
	Revision      int64      `json:"revision,omitempty" readOnly:"true" doc:"Configuration revision of the last change; the ETag is this number in quotes."`
	CreatedAt     *time.Time `json:"created_at,omitempty" readOnly:"true"`
	UpdatedAt     *time.Time `json:"updated_at,omitempty" readOnly:"true"`
}

// Voice says how the assistant sounds.
type Voice struct {
	ID             string            `json:"id,omitempty" maxLength:"64" doc:"Voice of the engine, for example en-us+f3 for espeak-ng or marin for openai_realtime. Empty: the engine's own choice."`
	Speed          float64           `json:"speed,omitempty" minimum:"0.5" maximum:"2" doc:"Speaking rate relative to normal, 0.5 to 2. Default 1."`
	Pronunciations map[string]string `json:"pronunciations,omitempty" doc:"Word and how to say it, as a respelling."`
}

// Values of ScriptedEngine.TTS and ScriptedEngine.STT.
const (
	SpeechAuto      = "auto"
	TTSEspeak       = "espeak-ng"
	TTSEmbedded     = "embedded"
	STTPocketsphinx = "pocketsphinx"
	STTNone         = "none"
)

// ScriptedEngine configures the offline engine.
type ScriptedEngine struct {
	ScriptJSON string `json:"script_json,omitempty" maxLength:"65536" doc:"States of the conversation as JSON. Empty: the default script."`
	TTS        string `json:"tts,omitempty" enum:"auto,espeak-ng,embedded" doc:"Speech synthesis. auto: espeak-ng when installed, else the embedded prompts. Default auto."`
	STT        string `json:"stt,omitempty" enum:"auto,pocketsphinx,none" doc:"Recognition of spoken keywords. auto: pocketsphinx when installed, else keys only. Default auto."`
}

// Turn sets turn-taking.
type Turn struct {
	Silence        Duration  `json:"silence,omitempty" doc:"Pause that ends the caller's turn, 100ms to 5s. Default 500ms."`
	MinInterrupt   *Duration `json:"min_interrupt,omitempty" doc:"Speech needed to interrupt the assistant, 0s to 2s. Default 200ms."`
	DTMFInterrupts *bool     `json:"dtmf_interrupts,omitempty" doc:"Whether a key press interrupts the assistant. Default true."`
}

// Transfer is a named destination.
type Transfer struct {
	Description string `json:"description,omitempty" maxLength:"1000" doc:"When the engine should use it."`
	Destination string `json:"destination,omitempty" maxLength:"255" doc:"E.164 number or SIP URI. Empty: the channel's own live-agent target."`
	Announce    string `json:"announce,omitempty" maxLength:"1000" doc:"Sentence spoken before the transfer."`
}

// Defaults fills every absent optional field, so that what is stored and
// answered is complete.
func (a *Assistant) Defaults() {
	setDefault(&a.Language, DefaultLanguage)
	setDefault(&a.GreetingMode, AssistantFirst)
	setDefault(&a.MaxCallDuration, Duration(DefaultMaxCallDuration))
	setDefault(&a.InactivityTimeout, Duration(DefaultInactivityTimeout))
	setDefault(&a.InactivityPrompt, DefaultInactivityPrompt)
	setDefault(&a.Fallback, FallbackLiveAgent)
	if a.GreetingInterruptible == nil {
		a.GreetingInterruptible = new(true)
	}
	slices.Sort(a.Tags)
}

var (
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	voiceID     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+_-]*$`)
	wordKey     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
)

// Validate reports every broken rule that the JSON schema cannot express.
// Call Defaults first.
func (a *Assistant) Validate() []FieldError {
	var errs []FieldError
	add := func(field, format string, args ...any) {
		errs = append(errs, FieldError{field, fmt.Sprintf(format, args...)})
	}
	errs = append(errs, checkName("name", a.Name)...)
	if !languageTag.MatchString(a.Language) {
		add("language", "%q is not a BCP 47 tag such as en-US", a.Language)
	}
	for i, t := range a.Tags {
		if n := utf8.RuneCountInString(t); n < 1 || n > MaxTag {
			add(fmt.Sprintf("tags[%d]", i), "a tag has 1 to %d characters", MaxTag)
		}
	}
	checkRange := func(field string, d Duration, lo, hi time.Duration) {
		if v := time.Duration(d); v < lo || v > hi {
			add(field, "%s is outside the range %s to %s", d, Duration(lo), Duration(hi))
		}
	}
	checkRange("max_call_duration", a.MaxCallDuration, MinMaxCallDuration, MaxMaxCallDuration)
	checkRange("inactivity_timeout", a.InactivityTimeout, MinInactivityTimeout, MaxInactivityTimeout)
	if len(a.Variables) > MaxVariables {
		add("variables", "%d entries are more than %d", len(a.Variables), MaxVariables)
	}
	for _, k := range sortedKeys(a.Variables) {
		if !wordKey.MatchString(k) {
			add("variables", "%q is not a name: letters, digits, - and _, at most 64, not starting with a digit", k)
		}
		if utf8.RuneCountInString(a.Variables[k]) > MaxVariableValue {
			add("variables."+k, "the value is longer than %d characters", MaxVariableValue)
		}
	}
	if v := a.Voice; v != nil {
		if v.ID != "" && !voiceID.MatchString(v.ID) {
			add("voice.id", "%q has characters other than letters, digits, +, - and _", v.ID)
		}
		if len(v.Pronunciations) > MaxPronunciations {
			add("voice.pronunciations", "%d entries are more than %d", len(v.Pronunciations), MaxPronunciations)
		}
		for _, w := range sortedKeys(v.Pronunciations) {
			if n := utf8.RuneCountInString(w); n < 1 || n > MaxTag || strings.TrimSpace(w) != w {
				add("voice.pronunciations", "%q is not a word of 1 to %d characters", w, MaxTag)
			}
		}
	}
	errs = append(errs, a.validateEngine()...)
	errs = append(errs, a.validateSecrets()...)
	if t := a.Turn; t != nil {
		if t.Silence != 0 {
			checkRange("turn.silence", t.Silence, MinTurnSilence, MaxTurnSilence)
		}
		if t.MinInterrupt != nil {
			checkRange("turn.min_interrupt", *t.MinInterrupt, 0, MaxMinInterrupt)
		}
	}
	if len(a.Transfers) > MaxTransfers {
		add("transfers", "%d entries are more than %d", len(a.Transfers), MaxTransfers)
	}
	for _, k := range sortedKeys(a.Transfers) {
		if !wordKey.MatchString(k) {
			add("transfers", "%q is not a name: letters, digits, - and _, at most 64, not starting with a digit", k)
		}
		if d := a.Transfers[k].Destination; d != "" {
			if err := CheckDialTarget(d); err != nil {
				add("transfers."+k+".destination", "%v", err)
			}
		}
	}
	return errs
}

func checkName(field, name string) []FieldError {
	switch n := utf8.RuneCountInString(name); {
	case n < 1 || n > MaxName:
		return []FieldError{{field, fmt.Sprintf("%d characters; the rule is 1 to %d", n, MaxName)}}
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, isControl):
		return []FieldError{{field, fmt.Sprintf("%q has control characters or space at its ends", name)}}
	}
	return nil
}
