package scripted_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/scripted"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

func TestGreeting(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		config call.Config
		says   []string
	}{
		{name: "default", says: []string{api.DefaultGreeting, help}},
		{name: "caller first", config: call.Config{CallerFirst: true}, says: []string{help}},
		{name: "own, with variables", says: []string{"Hello Ann, this is .", help}, config: call.Config{
			Greeting: "Hello {{ name }}, this is {{unknown}}.", Vars: map[string]string{"name": "Ann", "greeting": "x"},
		}},
		{name: "values are not looked into", says: []string{"Hello {{a}}", help}, config: call.Config{
			Greeting: "Hello {{b}}", Vars: map[string]string{"a": "secret", "b": "{{a}}"},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := open(t, offline(), c.config)
			k.press("5") // anything else: help
			k.says(c.says...)
		})
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	k := open(t, offline(), call.Config{HasLiveAgent: true})
	k.says(api.DefaultGreeting)
	k.press("*")
	k.says(api.DefaultGreeting)
	k.press("5")
	k.says(help)
	k.press("*")
	k.says(help)
	k.press("9")
	k.says(echoing)
	k.press("A") // leaves the echo and is no choice
	k.says(help)
	k.press("0")
	k.says(moment)
	e := k.calls(call.ToolTransfer, `{"destination":""}`)
	k.press("5") // too late
	k.do(call.ToolResult{ID: "other", Err: "no_live_agent"})
	k.do(call.ToolResult{ID: e.ID, Err: "no_live_agent"})
	k.says(nobody)
	k.press("*")
	k.says(nobody)
	k.press("#")
	k.says(goodbye)
	k.calls(call.ToolEnd, "")
	k.press("0#")
	k.do(call.Say{Text: "Still  verbatim?"})
	k.says("Still  verbatim?")
}

func TestATransferThatCannotBeIsNotAnnounced(t *testing.T) {
	t.Parallel()
	k := open(t, offline(), call.Config{CallerFirst: true})
	k.press("0")
	k.says(nobody)
	k.press("5")
	k.says(help)
}

func TestRepeatBeforeAnythingWasSaid(t *testing.T) {
	t.Parallel()
	k := open(t, offline(), call.Config{CallerFirst: true, Greeting: "Welcome."})
	k.press("*")
	k.says("Welcome.")
}

func TestEchoPlaysBackWhatWasSaid(t *testing.T) {
	t.Parallel()
	e := offline()
	k := open(t, e, call.Config{CallerFirst: true})
	k.press("9")
	k.says(echoing)
	k.speak("agent")
	var item string
	var back []byte
	for e := range k.conv.Events() {
		if e.Kind == call.EventAudio {
			item, back = e.Item, e.Data
		}
		if e.Kind == call.EventTranscript && e.Text == "[playback]" {
			require.Equal(t, item, e.Item)
			break
		}
	}
	_, score, err := audio.Align(
		audio.DecodeSound(audio.Linear16k, back),
		audio.DecodeSound(audio.Linear16k, enginetest.Spoken(t, "agent", audio.Linear16k)))
	require.NoError(t, err)
	require.Greater(t, score, 0.99)
}

// TestEveryDefaultSentenceIsRecorded keeps default.json and the prompts of
// package speech together: without a synthesiser the default script is spoken
// word for word.
func TestEveryDefaultSentenceIsRecorded(t *testing.T) {
	t.Parallel()
	s := speech.New(speech.Options{Espeak: "/nonexistent"})
	standIn, err := s.Render(t.Context(), speech.Utterance{Text: "unheard of"})
	require.NoError(t, err)
	for _, text := range []string{
		api.DefaultGreeting, api.DefaultInactivityPrompt, help, moment, nobody, goodbye, echoing, question,
	} {
		got, err := s.Render(t.Context(), speech.Utterance{Text: text})
		require.NoError(t, err)
		require.NotEqual(t, standIn, got, text)
	}
}

// TestKeywordPath says "agent" and confirms it, 20 times over.
func TestKeywordPath(t *testing.T) {
	t.Parallel()
	e := hearing(t)
	for i := range 20 {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			k := open(t, e, call.Config{Language: "en-US", CallerFirst: true, HasLiveAgent: true})
			k.speak("agent")
			k.heard("agent")
			k.says(question)
			k.speak("yes")
			k.heard("yes")
			k.says(moment)
			k.calls(call.ToolTransfer, `{"destination":""}`)
		})
	}
}

func TestConfirmation(t *testing.T) {
	t.Parallel()
	e := hearing(t)
	cases := []struct {
		name   string
		answer func(*talk)
		says   string
	}{
		{"1", func(k *talk) { k.press("1") }, moment},
		{"2", func(k *talk) { k.press("2") }, help},
		{"another key", func(k *talk) { k.press("9") }, echoing},
		{"the keyword again", func(k *talk) {
			k.speak("agent")
			k.heard("agent")
		}, moment},
		{"no answer twice", func(k *talk) {
			k.speak("banana")
			k.heard("")
			k.says(question)
			k.speak("banana")
			k.heard("")
		}, help},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := open(t, e, call.Config{Language: "en-US", CallerFirst: true, HasLiveAgent: true})
			k.speak("agent")
			k.heard("agent")
			k.says(question)
			c.answer(k)
			k.says(c.says)
		})
	}
}

func TestSpeechWithoutARecogniserGetsHelp(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*scripted.Engine{"absent": offline(), "another language": hearing(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, e, call.Config{Language: "de-DE", CallerFirst: true})
			k.speak("agent")
			k.heard("")
			k.says(help)
		})
	}
}
