package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Kinds of engines: the names of the members of Engine.
const (
	EngineKindScripted       = "scripted"
	EngineKindOpenAIRealtime = "openai_realtime"
	EngineKindMediaStream    = "media_stream"
	EngineKindRelay          = "conversation_relay"
)

// Engine names the AI backend: exactly one member.
type Engine struct {
	Scripted          *ScriptedEngine          `json:"scripted,omitempty" doc:"The offline engine that follows a script."`
	OpenAIRealtime    *OpenAIRealtimeEngine    `json:"openai_realtime,omitempty" doc:"A speech-to-speech model behind the OpenAI Realtime protocol."`
	ConversationRelay *ConversationRelayEngine `json:"conversation_relay,omitempty" doc:"A text bot written for ConversationRelay, to which the gateway takes the platform's part."`
	MediaStream       *MediaStreamEngine       `json:"media_stream,omitempty" doc:"A bot written for Twilio Media Streams, to which the gateway takes Twilio's part."`
}

// engineMember is one member of Engine that is set.
type engineMember struct {
	kind    string
	options any // the member
}

func (e *Engine) members() []engineMember {
	var set []engineMember
	if e == nil {
		return nil
	}
	if e.Scripted != nil {
		set = append(set, engineMember{EngineKindScripted, e.Scripted})
	}
	if e.OpenAIRealtime != nil {
		set = append(set, engineMember{EngineKindOpenAIRealtime, e.OpenAIRealtime})
	}
	if e.ConversationRelay != nil {
		set = append(set, engineMember{EngineKindRelay, e.ConversationRelay})
	}
	if e.MediaStream != nil {
		set = append(set, engineMember{EngineKindMediaStream, e.MediaStream})
	}
	return set
}

// EngineKind names the engine the assistant uses.
func (a *Assistant) EngineKind() string {
	if set := a.Engine.members(); len(set) > 0 {
		return set[0].kind
	}
	return EngineKindScripted
}

// EngineOptions gives the member of Engine that is set, nil if none is.
func (a *Assistant) EngineOptions() any {
	if set := a.Engine.members(); len(set) > 0 {
		return set[0].options
	}
	return nil
}

// validateEngine checks the engine, and what the rest of the assistant asks of
// it.
func (a *Assistant) validateEngine() []FieldError {
	if a.GreetingMode == Generated && a.EngineKind() == EngineKindScripted {
		return []FieldError{{"greeting_mode", "the scripted engine says what is written; generated needs a model"}}
	}
	if a.Engine == nil {
		return nil
	}
	if n := len(a.Engine.members()); n != 1 {
		return []FieldError{{"engine", "exactly one engine must be set, for example scripted = {}"}}
	}
	if e := a.Engine.OpenAIRealtime; e != nil {
		return e.validate(a)
	}
	if e := a.Engine.ConversationRelay; e != nil {
		return e.validate()
	}
	if e := a.Engine.MediaStream; e != nil {
		return e.validate()
	}
	return nil
}

// AssistantSecret is one secret of an assistant, where its request holds it.
type AssistantSecret struct {
	// Field is its place in the request, such as engine.openai_realtime.api_key.
	Field string
	// Value points to the secret in the request; empty to keep the stored one.
	Value *string
	// Version is the number that the user gave it; 0 if none is wanted.
	Version int64
}

// Secrets lists every secret that the assistant can have as it is configured.
// They are never answered nor stored with it.
func (a *Assistant) Secrets() []AssistantSecret {
	var all []AssistantSecret
	if a.Engine == nil {
		return nil
	}
	if e := a.Engine.OpenAIRealtime; e != nil {
		all = append(all, AssistantSecret{"engine.openai_realtime.api_key", &e.APIKey, e.APIKeyVersion})
	}
	if e := a.Engine.ConversationRelay; e != nil {
		const at = "engine.conversation_relay."
		all = append(all, AssistantSecret{at + "api_key", &e.APIKey, e.APIKeyVersion})
		if s := e.STT; s != nil {
			all = append(all, AssistantSecret{at + "stt.api_key", &s.APIKey, s.APIKeyVersion})
		}
		if s := e.TTS; s != nil {
			all = append(all, AssistantSecret{at + "tts.api_key", &s.APIKey, s.APIKeyVersion})
		}
	}
	if e := a.Engine.MediaStream; e != nil {
		all = append(all, AssistantSecret{"engine.media_stream.api_key", &e.APIKey, e.APIKeyVersion})
	}
	return all
}

// validateSecrets checks the secrets that were given. That a version without a
// value has a stored secret can only be told where that is known.
func (a *Assistant) validateSecrets() []FieldError {
	var errs []FieldError
	for _, s := range a.Secrets() {
		switch {
		case s.Version < 0:
			errs = append(errs, FieldError{s.Field + "_version", "is negative"})
		case *s.Value != "" && s.Version == 0:
			errs = append(errs, FieldError{s.Field + "_version", "is required with a secret; raise it with every new one"})
		case *s.Value != "":
			errs = append(errs, checkHeaderSecret(s.Field, *s.Value)...)
		}
	}
	return errs
}

// checkHeaderSecret accepts what can be sent in a header. It never repeats the
// value.
func checkHeaderSecret(field, value string) []FieldError {
	if n := len(value); n > MaxEngineKey {
		return []FieldError{{field, fmt.Sprintf("%d characters; the rule is at most %d", n, MaxEngineKey)}}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return []FieldError{{field, "only printable ASCII characters without spaces are allowed"}}
	}
	return nil
}

// checkBackendURL checks the address of an engine's backend: one of the schemes,
// of which the second is not encrypted and needs insecure.
func checkBackendURL(field, address string, insecure bool, encrypted, plain string) []FieldError {
	fail := func(format string, args ...any) []FieldError {
		return []FieldError{{field, fmt.Sprintf(format, args...)}}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fail("not a URL of the form %s://host/path", encrypted)
	case u.User != nil:
		return fail("holds a user name; keys go into api_key, never into a URL")
	case u.Fragment != "":
		return fail("has a fragment, which is never sent")
	case u.Scheme == plain && !insecure:
		return fail("%s is not encrypted; use %s, or set allow_insecure", plain, encrypted)
	case u.Scheme != encrypted && u.Scheme != plain:
		return fail("the scheme is %q, not %s", u.Scheme, encrypted)
	}
	for name := range u.Query() {
		if secretName(name) {
			return fail("the query parameter %.40q looks like a secret, which a URL must not hold", name)
		}
	}
	return nil
}

// reservedHeaders are set by the connection itself.
var reservedHeaders = []string{
	"connection", "content-length", "host", "origin", "te", "trailer", "transfer-encoding", "upgrade",
}

// checkHeaders checks headers that go to an engine's backend.
func checkHeaders(field string, headers map[string]string) []FieldError {
	var errs []FieldError
	if len(headers) > MaxHeaders {
		errs = append(errs, FieldError{field, fmt.Sprintf("%d entries are more than %d", len(headers), MaxHeaders)})
	}
	for _, name := range sortedKeys(headers) {
		lower := strings.ToLower(name)
		switch value := headers[name]; {
		case !headerName.MatchString(name):
			errs = append(errs, FieldError{field, fmt.Sprintf("%.80q is not the name of a header", name)})
		case slices.Contains(reservedHeaders, lower) || strings.HasPrefix(lower, "sec-websocket-"):
			errs = append(errs, FieldError{field, fmt.Sprintf("%s belongs to the connection", name)})
		case secretName(lower):
			errs = append(errs, FieldError{field, fmt.Sprintf(
				"%s looks like a secret, and headers are stored and answered in clear; use api_key", name)})
		case len(value) > MaxHeaderValue || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			errs = append(errs, FieldError{field + "." + name, fmt.Sprintf(
				"a value has at most %d printable ASCII characters", MaxHeaderValue)})
		}
	}
	return errs
}

// secretName reports whether values of that name are usually secret.
func secretName(name string) bool {
	lower := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
	return lower == "cookie" || lower == "key" || lower == "sig" || slices.ContainsFunc(
		[]string{"authorization", "apikey", "token", "secret", "password", "credential", "subscriptionkey"},
		func(word string) bool { return strings.Contains(lower, word) })
}
