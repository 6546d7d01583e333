package scripted_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/scripted"
)

func TestScriptErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, script, want string }{
		{"no JSON", `x`, `script: not a JSON object`},
		{"null", `null`, `script: not a JSON object`},
		{"two values", `{"start":"a","states":{}} {}`, `script: more than one JSON value`},
		{"unknown member", `{"tool":1}`, `script: json: unknown field "tool"`},
		{"no states", `{"start":"a"}`, `states: 0 states; a script has 1 to 200`},
		{"no start", `{"states":{"a":{"end":true}}}`, `start: the name of a state is missing`},
		{"unknown start", `{"start":"b","states":{"a":{"end":true}}}`, `start: there is no state "b"`},
		{
			"name", `{"start":"a b","states":{"a b":{"end":true}}}`,
			`states: "a b" is not a name: letters, digits, - and _, at most 64, not starting with a digit`,
		},
		{"null state", `{"start":"a","states":{"a":null}}`, `states.a: not a JSON object`},
		{"unknown action", `{"start":"a","states":{"a":{"dance":true}}}`, `states.a: json: unknown field "dance"`},
		{
			"wrong type", `{"start":"a","states":{"a":{"end":"yes"}}}`,
			`states.a.end: a JSON string is in the place of a boolean`,
		},
		{
			"wrong map", gathering(`{"dtmf":["1"]}`),
			`states.a.gather.dtmf: a JSON array is in the place of a JSON object`,
		},
		{
			"wrong number", gathering(`{"retries":1.5}`),
			`states.a.gather.retries: a JSON number 1.5 is in the place of a whole number`,
		},
		{"tool", `{"start":"a","states":{"a":{"tool":{"name":"x"}}}}`, `states.a.tool: tools are not built yet`},
		{
			"two actions", `{"start":"a","states":{"a":{"end":true,"echo":true}}}`,
			`states.a: more than one of gather, transfer, end, echo, record_playback and repeat`,
		},
		{
			"no action", `{"start":"a","states":{"a":{"say":"x"}}}`,
			`states.a: nothing follows: add gather, transfer, end, echo, record_playback, repeat or goto`,
		},
		{"goto nowhere", `{"start":"a","states":{"a":{"goto":"b"}}}`, `states.a.goto: there is no state "b"`},
		{
			"echo to nowhere", `{"start":"a","states":{"a":{"record_playback":true}}}`,
			`states.a.goto: the name of a state is missing`,
		},
		{
			"goto after the end", `{"start":"a","states":{"a":{"end":true,"goto":"a"}}}`,
			`states.a.goto: never reached, because the state has another action`,
		},
		{
			"long sentence", `{"start":"a","states":{"a":{"end":true,"say":"` + strings.Repeat("é", 1001) + `"}}}`,
			`states.a.say: 1001 characters are more than 1000`,
		},
		{
			"refused", `{"start":"a","states":{"a":{"transfer":{}}}}`,
			`states.a.transfer.refused: the name of a state is missing`,
		},
		{
			"transfer", `{"start":"a","states":{"a":{"transfer":{"to":"x"}}}}`,
			`states.a.transfer: json: unknown field "to"`,
		},
		{
			"circle",
			`{"start":"a","states":{"a":{"goto":"b"},"b":{"transfer":{"refused":"c"}},"c":{"repeat":true,"goto":"a"}}}`,
			`states.a: leads back to itself without listening to the caller`,
		},
		{
			"self", `{"start":"a","states":{"a":{"goto":"a"}}}`,
			`states.a: leads back to itself without listening to the caller`,
		},
		{"empty gather", gathering(`{}`), `states.a.gather: neither dtmf nor keywords`},
		{"gather", gathering(`{"digits":{}}`), `states.a.gather: json: unknown field "digits"`},
		{
			"key", gathering(`{"dtmf":{"12":"a"}}`),
			`states.a.gather.dtmf: "12" is not a key: one of 0123456789*#ABCD`,
		},
		{"key to nowhere", gathering(`{"dtmf":{"1":"b"}}`), `states.a.gather.dtmf.1: there is no state "b"`},
		{
			"keyword", gathering(`{"keywords":{"Agent!":"a"}}`),
			`states.a.gather.keywords: "Agent!" is not made of words in lower case, letters a to z`,
		},
		{
			"keyword to nowhere", gathering(`{"keywords":{"agent":"b"}}`),
			`states.a.gather.keywords.agent: there is no state "b"`,
		},
		{
			"silent", gathering(`{"dtmf":{"1":"a"}}`),
			`states.a.gather.otherwise: needed where the state itself says nothing`,
		},
		{
			"otherwise", gathering(`{"dtmf":{"1":"a"},"otherwise":"b"}`),
			`states.a.gather.otherwise: there is no state "b"`,
		},
		{
			"timeout", gathering(`{"dtmf":{"1":"a"},"otherwise":"a","timeout":"10","on_timeout":"a"}`),
			`states.a.gather.timeout: "10" is not a duration from 1s to 5m0s`,
		},
		{
			"no on_timeout", gathering(`{"dtmf":{"1":"a"},"otherwise":"a","timeout":"10s"}`),
			`states.a.gather.on_timeout: the name of a state is missing`,
		},
		{
			"retries", gathering(`{"dtmf":{"1":"a"},"otherwise":"a","timeout":"10s","retries":11,"on_timeout":"a"}`),
			`states.a.gather.retries: 11 is not from 0 to 10`,
		},
		{
			"retries without timeout", gathering(`{"dtmf":{"1":"a"},"otherwise":"a","retries":1}`),
			`states.a.gather.timeout: needed by retries and on_timeout`,
		},
		{"huge", `{` + strings.Repeat(" ", 65536), `script of more than 65536 bytes`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := scripted.ParseScript([]byte(c.script))
			require.EqualError(t, err, c.want)
		})
	}
}

func gathering(g string) string { return `{"start":"a","states":{"a":{"gather":` + g + `}}}` }

func TestTheDefaultScriptIsValid(t *testing.T) {
	t.Parallel()
	_, err := scripted.ParseScript(nil)
	require.NoError(t, err)
	require.NoError(t, offline().Check(""))
	require.NoError(t, hearing(t).Check(""))
}

func TestKeywordsOutsideTheDictionary(t *testing.T) {
	t.Parallel()
	script := gathering(`{"keywords":{"agent frobnicate":"a"},"otherwise":"a"}`)
	require.EqualError(t, hearing(t).Check(script),
		`states.a.gather.keywords: words that the recogniser cannot pronounce: "frobnicate"`)
	require.NoError(t, offline().Check(script), "nobody can tell")

	k := open(t, hearing(t), call.Config{Language: "en-US", Options: options(t, script)})
	k.press("0") // keys work all the same, though this script has none
	k.do(call.Say{Text: "still here"})
	k.says("still here")
}

const menu = `{"start":"menu","states":{
	"menu": {"say":"Menu.","gather":{"dtmf":{"1":"sales","2":"other","3":"talk"},
		"timeout":"10s","retries":1,"on_timeout":"bye"}},
	"sales":{"say":"To sales.","transfer":{"destination":"sales","refused":"sorry"}},
	"other":{"say":"To nobody.","transfer":{"destination":"other","refused":"sorry"}},
	"sorry":{"say":"Sorry, {{name}}.","goto":"menu"},
	"talk": {"say":"Talk.","record_playback":true,"goto":"menu"},
	"bye":  {"say":"Bye.","end":true}}}`

func TestNamedDestinations(t *testing.T) {
	t.Parallel()
	config := call.Config{
		Options: options(t, menu), Vars: map[string]string{"name": "Ann"},
		Transfers: []call.Destination{{Name: "sales"}},
	}
	k := open(t, offline(), config)
	k.says("Menu.")
	k.press("2") // not a destination of this assistant
	k.says("Sorry, Ann.", "Menu.")
	k.press("1")
	k.says("To sales.")
	e := k.calls(call.ToolTransfer, `{"destination":"sales"}`)
	k.do(call.ToolResult{ID: e.ID, Err: "no_live_agent"})
	k.says("Sorry, Ann.", "Menu.")
	k.press("7") // without otherwise the state is entered again
	k.says("Menu.")

	config.Transfers[0].Announce = "Our sales team will take over."
	k = open(t, offline(), config)
	k.press("1")
	k.says("Menu.", "Our sales team will take over.")
}

func TestSilenceENG10(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		k := open(t, offline(), call.Config{Options: options(t, menu)})
		k.says("Menu.")
		for e := range k.conv.Events() {
			if e.Kind == call.EventMark {
				<-time.After(3 * time.Second) // the sentence is being played
				k.do(call.Played{Mark: e.Name})
				break
			}
		}
		k.says("Menu.")
		require.Equal(t, 13*time.Second, time.Since(begin), "the clock starts when the sentence was heard")
		k.says("Bye.")
		require.Equal(t, 23*time.Second, time.Since(begin))
		k.calls(call.ToolEnd, "")
		k.conv.Close()
	})
}

func TestAKeyEndsTheRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := open(t, offline(), call.Config{Options: options(t, menu)})
		k.says("Menu.", "Menu.")
		k.press("2")
		k.says("Sorry, .", "Menu.", "Menu.", "Bye.")
		k.conv.Close()
	})
}

func TestAnInterruptionStartsTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := open(t, offline(), call.Config{Options: options(t, menu)})
		synctest.Wait()
		begin := time.Now()
		k.do(call.Interrupt{Item: "s1", PlayedMS: 100})
		for e := range k.conv.Events() {
			if e.Kind == call.EventMark && e.Name == "s2" {
				break
			}
		}
		require.Equal(t, 10*time.Second, time.Since(begin))
		k.conv.Close()
	})
}

// TestTheClockStandsWhileTheCallerSpeaks interrupts the assistant and talks for
// longer than the timeout.
func TestTheClockStandsWhileTheCallerSpeaks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := audio.Linear16k
		word := enginetest.Spoken(t, "agent", f)[f.Bytes(420*time.Millisecond):f.Bytes(780*time.Millisecond)]
		k := open(t, offline(), call.Config{Options: options(t, menu)})
		var heard []call.EventKind
		for i := range 800 { // 16 s, of which 15 speech
			frame := make([]byte, f.FrameBytes())
			if i < 750 {
				copy(frame, word[i%18*f.FrameBytes():])
			}
			require.NoError(t, k.conv.Write(frame))
			<-time.After(audio.FrameDuration)
			synctest.Wait()
			for len(k.conv.Events()) > 0 {
				e := <-k.conv.Events()
				heard = append(heard, e.Kind)
				if e.Kind == call.EventSpeechStarted {
					k.do(call.Interrupt{Item: "s1", PlayedMS: 300})
				}
			}
		}
		utterance := []call.EventKind{
			call.EventAudio, call.EventTranscript, call.EventAudioDone, call.EventMark,
		}
		require.Equal(t, slices.Concat(
			[]call.EventKind{call.EventReady}, utterance,
			[]call.EventKind{call.EventSpeechStarted, call.EventSpeechStopped}, utterance,
		), heard)
		k.conv.Close()
	})
}

func TestPrepare(t *testing.T) {
	t.Parallel()
	require.NoError(t, offline().Prepare(t.Context(), call.Config{}))
	require.ErrorContains(t, offline().Prepare(t.Context(), call.Config{Options: options(t, `{}`)}), "script: states")
	_, err := offline().Open(t.Context(), call.Config{})
	require.ErrorContains(t, err, "formats")
}

func FuzzParseScript(f *testing.F) {
	f.Add([]byte(menu))
	f.Add([]byte(gathering(`{"keywords":{"agent":"a"},"otherwise":"a"}`)))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := scripted.ParseScript(data)
		require.Equal(t, err == nil, s != nil)
	})
}
