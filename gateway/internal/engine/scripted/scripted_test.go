package scripted_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/scripted"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	help = "You can say agent or press 0, say echo or press 9, say repeat or press star, " +
		"or say goodbye or press pound."
	moment   = "One moment. I am transferring you to a live agent."
	nobody   = "Sorry, no live agent can be reached right now."
	goodbye  = "Thank you for calling. Goodbye."
	echoing  = "Say something after this, and I will play it back to you."
	question = "Did you say agent? Say yes or press 1. Say no or press 2."
)

// offline is an engine on a machine without speech programs.
func offline() *scripted.Engine {
	return scripted.New(
		speech.New(speech.Options{Espeak: "/nonexistent"}),
		speech.NewRecognizer(speech.RecognizerOptions{Program: "/nonexistent"}),
	)
}

// hearing is an engine with pocketsphinx but recorded prompts.
func hearing(t *testing.T) *scripted.Engine {
	t.Helper()
	r := speech.NewRecognizer(speech.RecognizerOptions{})
	if r.Name() != speech.HearingPocketsphinx {
		t.Skip("pocketsphinx and pocketsphinx-en-us are not installed")
	}
	return scripted.New(speech.New(speech.Options{Espeak: "/nonexistent"}), r)
}

// options are those of an assistant.
func options(t testing.TB, script string) []byte {
	t.Helper()
	b, err := json.Marshal(api.ScriptedEngine{ScriptJSON: script})
	require.NoError(t, err)
	return b
}

func TestContractENG02STY03(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*scripted.Engine{
		"offline":         offline(),
		"with all it has": scripted.New(speech.New(speech.Options{}), speech.NewRecognizer(speech.RecognizerOptions{})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enginetest.Run(t, func(*testing.T) enginetest.Subject {
				return enginetest.Subject{
					Engine:       e,
					Config:       call.Config{CallID: "call_1", Language: "en-US", HasLiveAgent: true},
					Speech:       func(t testing.TB, f audio.Format) []byte { return enginetest.Spoken(t, "agent", f) },
					DetectsTurns: true, Transcribes: true, TransferKey: '0', EndKey: '#',
				}
			})
		})
	}
}

// talk is a conversation driven by a test.
type talk struct {
	t    *testing.T
	conv call.Conversation
}

func open(t *testing.T, e *scripted.Engine, c call.Config) *talk {
	t.Helper()
	c.In, c.Out = e.Formats(audio.Mulaw8k)
	conv, err := e.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return &talk{t, conv}
}

// next is the next event that is not audio; what is said counts as played.
func (k *talk) next() call.Event {
	k.t.Helper()
	for {
		select {
		case e := <-k.conv.Events():
			switch e.Kind {
			case call.EventMark:
				k.do(call.Played{Mark: e.Name})
			case call.EventAudio, call.EventAudioDone, call.EventReady:
			default:
				return e
			}
		case <-time.After(time.Minute):
			require.FailNow(k.t, "the engine is silent")
		}
	}
}

// says expects sentences of the assistant, and nothing in between.
func (k *talk) says(texts ...string) {
	k.t.Helper()
	for _, text := range texts {
		e := k.next()
		require.Equal(k.t, call.EventTranscript, e.Kind, "%+v", e)
		require.Equal(k.t, call.RoleAssistant, e.Role)
		require.Equal(k.t, text, e.Text)
		require.True(k.t, e.Final)
	}
}

func (k *talk) heard(keyword string) {
	k.t.Helper()
	require.Equal(k.t, call.EventSpeechStarted, k.next().Kind)
	require.Equal(k.t, call.EventSpeechStopped, k.next().Kind)
	if keyword != "" {
		require.Equal(k.t,
			call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Text: keyword, Final: true}, k.next())
	}
}

func (k *talk) calls(tool, args string) call.Event {
	k.t.Helper()
	e := k.next()
	require.Equal(k.t, call.EventToolCall, e.Kind, "%+v", e)
	require.Equal(k.t, tool, e.Name)
	require.Equal(k.t, args, e.Args)
	return e
}

func (k *talk) do(c call.Command) {
	k.t.Helper()
	require.NoError(k.t, k.conv.Do(k.t.Context(), c))
}

func (k *talk) press(keys string) {
	k.t.Helper()
	for _, key := range []byte(keys) {
		k.do(call.DTMF{Digit: key})
	}
}

// speak says committed utterances, each followed by silence that ends a turn.
func (k *talk) speak(names ...string) {
	k.t.Helper()
	tick := time.NewTicker(4 * time.Millisecond)
	defer tick.Stop()
	f := audio.Linear16k
	for _, name := range names {
		data := append(enginetest.Spoken(k.t, name, f), make([]byte, f.Bytes(700*time.Millisecond))...)
		for n := f.FrameBytes(); len(data) >= n; data = data[n:] {
			require.NoError(k.t, k.conv.Write(data[:n]))
			<-tick.C
		}
	}
}
