package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// many makes n entries with one value.
func many[V any](n int, value V) map[string]V {
	m := map[string]V{}
	for i := range n {
		m[fmt.Sprintf("k%d", i)] = value
	}
	return m
}

func fields(errs []api.FieldError) []string {
	var names []string
	for _, e := range errs {
		names = append(names, e.Field)
	}
	return names
}

func TestAssistantDefaults(t *testing.T) {
	t.Parallel()
	a := api.Assistant{Name: "support", Tags: []string{"b", "a"}}
	a.Defaults()
	want := api.Assistant{
		Name: "support", Tags: []string{"a", "b"}, Language: "en-US",
		GreetingMode: api.AssistantFirst, GreetingInterruptible: new(true),
		MaxCallDuration: api.Duration(30 * time.Minute), InactivityTimeout: api.Duration(30 * time.Second),
		InactivityPrompt: "Are you still there?", Fallback: api.FallbackLiveAgent,
	}
	require.Empty(t, cmp.Diff(want, a))
	require.Empty(t, a.Validate())

	chosen := api.Assistant{
		Name: "support", Language: "de", GreetingMode: api.CallerFirst, GreetingInterruptible: new(false),
		MaxCallDuration: api.Duration(time.Hour), InactivityTimeout: api.Duration(time.Minute),
		InactivityPrompt: "Hallo?", Fallback: api.FallbackEndCall,
	}
	kept := chosen
	kept.Defaults()
	require.Empty(t, cmp.Diff(chosen, kept))
}

func TestAssistantValidate(t *testing.T) {
	t.Parallel()
	seconds := func(n float64) api.Duration { return api.Duration(n * float64(time.Second)) }
	tests := []struct {
		name   string
		change func(a *api.Assistant)
		want   []string // fields
	}{
		{"name at its limit", func(a *api.Assistant) { a.Name = strings.Repeat("ü", 80) }, nil},
		{"name too long", func(a *api.Assistant) { a.Name = strings.Repeat("ü", 81) }, []string{"name"}},
		{"no name", func(a *api.Assistant) { a.Name = "" }, []string{"name"}},
		{"space around the name", func(a *api.Assistant) { a.Name = " a" }, []string{"name"}},
		{"line break in the name", func(a *api.Assistant) { a.Name = "a\nb" }, []string{"name"}},
		{"language alone", func(a *api.Assistant) { a.Language = "de" }, nil},
		{"language with script", func(a *api.Assistant) { a.Language = "zh-Hans-CN" }, nil},
		{"language as a sentence", func(a *api.Assistant) { a.Language = "English" }, []string{"language"}},
		{"language of a locale", func(a *api.Assistant) { a.Language = "en_US" }, []string{"language"}},
		{"language as an option", func(a *api.Assistant) { a.Language = "-en" }, []string{"language"}},
		{"tag at its limit", func(a *api.Assistant) { a.Tags = []string{strings.Repeat("t", 80)} }, nil},
		{"bad tags", func(a *api.Assistant) {
			a.Tags = []string{"", strings.Repeat("t", 81)}
		}, []string{"tags[0]", "tags[1]"}},
		{"shortest call", func(a *api.Assistant) { a.MaxCallDuration = seconds(60) }, nil},
		{"longest call", func(a *api.Assistant) { a.MaxCallDuration = seconds(4 * 3600) }, nil},
		{"call too short", func(a *api.Assistant) { a.MaxCallDuration = seconds(59.9) }, []string{"max_call_duration"}},
		{"call too long", func(a *api.Assistant) { a.MaxCallDuration = seconds(14401) }, []string{"max_call_duration"}},
		{"negative call", func(a *api.Assistant) { a.MaxCallDuration = -1 }, []string{"max_call_duration"}},
		{"silence too short", func(a *api.Assistant) { a.InactivityTimeout = seconds(4.9) }, []string{"inactivity_timeout"}},
		{"silence too long", func(a *api.Assistant) { a.InactivityTimeout = seconds(301) }, []string{"inactivity_timeout"}},
		{"most variables", func(a *api.Assistant) { a.Variables = many(100, "v") }, nil},
		{"too many variables", func(a *api.Assistant) { a.Variables = many(101, "v") }, []string{"variables"}},
		{"variable name", func(a *api.Assistant) { a.Variables = map[string]string{"a.b": ""} }, []string{"variables"}},
		{"variable value", func(a *api.Assistant) {
			a.Variables = map[string]string{"a": strings.Repeat("ü", 1001)}
		}, []string{"variables.a"}},
		{"voice", func(a *api.Assistant) { a.Voice = &api.Voice{ID: "en-us+f3"} }, nil},
		{"voice as an option", func(a *api.Assistant) { a.Voice = &api.Voice{ID: "-f/etc/passwd"} }, []string{"voice.id"}},
		{"voice as a path", func(a *api.Assistant) { a.Voice = &api.Voice{ID: "../en"} }, []string{"voice.id"}},
		{"too many pronunciations", func(a *api.Assistant) {
			a.Voice = &api.Voice{Pronunciations: many(201, "x")}
		}, []string{"voice.pronunciations"}},
		{"pronunciation of nothing", func(a *api.Assistant) {
			a.Voice = &api.Voice{Pronunciations: map[string]string{"": "x", " a": "x"}}
		}, []string{"voice.pronunciations", "voice.pronunciations"}},
		{"engine", func(a *api.Assistant) { a.Engine = &api.Engine{Scripted: &api.ScriptedEngine{}} }, nil},
		{"no engine", func(a *api.Assistant) { a.Engine = &api.Engine{} }, []string{"engine"}},
		{"empty turn", func(a *api.Assistant) { a.Turn = &api.Turn{} }, nil},
		{"turn at its limits", func(a *api.Assistant) {
			a.Turn = &api.Turn{Silence: seconds(0.1), MinInterrupt: new(api.Duration(0))}
		}, nil},
		{"turn beyond its limits", func(a *api.Assistant) {
			a.Turn = &api.Turn{Silence: seconds(5.1), MinInterrupt: new(seconds(2.1))}
		}, []string{"turn.silence", "turn.min_interrupt"}},
		{"negative turn", func(a *api.Assistant) {
			a.Turn = &api.Turn{Silence: -1, MinInterrupt: new(api.Duration(-1))}
		}, []string{"turn.silence", "turn.min_interrupt"}},
		{"most transfers", func(a *api.Assistant) { a.Transfers = many(50, api.Transfer{}) }, nil},
		{"too many transfers", func(a *api.Assistant) { a.Transfers = many(51, api.Transfer{}) }, []string{"transfers"}},
		{"transfer name", func(a *api.Assistant) {
			a.Transfers = map[string]api.Transfer{"1st": {}}
		}, []string{"transfers"}},
		{"transfer destination", func(a *api.Assistant) {
			a.Transfers = map[string]api.Transfer{"b": {Destination: "911"}, "a": {Destination: "sip:a@b;x"}}
		}, []string{"transfers.a.destination", "transfers.b.destination"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := api.Assistant{Name: "support"}
			a.Defaults()
			tt.change(&a)
			require.Equal(t, tt.want, fields(a.Validate()))
		})
	}
}
