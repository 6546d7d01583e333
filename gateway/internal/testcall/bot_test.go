package testcall_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

// botKey signs the handshakes of the bots.
const botKey = "0123456789abcdef0123456789abcdef"

// userBot is a program of testdata/bots that is running.
type userBot struct {
	address string

	mu   sync.Mutex
	told []string // lines it printed
}

// startBot runs a bot until the test ends. It is skipped, except in CI, where
// node or the bot's modules are not installed.
func startBot(t *testing.T, program string, args ...string) *userBot {
	t.Helper()
	missing := ""
	if _, err := exec.LookPath("node"); err != nil {
		missing = "node is not installed"
	}
	if _, err := os.Stat("testdata/bots/node_modules"); errors.Is(err, fs.ErrNotExist) {
		missing = "testdata/bots has no node_modules: run npm ci there"
	}
	if missing != "" {
		require.NotEqual(t, "true", os.Getenv("CI"), missing)
		t.Skip(missing)
	}
	cmd := exec.Command("node", append([]string{filepath.Join("testdata/bots", program)}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	b := &userBot{}
	var reading sync.WaitGroup
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		reading.Wait()
		_ = cmd.Wait() // killed
	})
	require.True(t, lines.Scan(), "the bot does not start")
	b.address = lines.Text()
	reading.Go(func() {
		for lines.Scan() {
			b.mu.Lock()
			b.told = append(b.told, lines.Text())
			b.mu.Unlock()
		}
	})
	return b
}

// lines are those the bot printed that contain a text.
func (b *userBot) lines(text string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.told), func(line string) bool { return !strings.Contains(line, text) })
}

// callBot calls an assistant with an engine on a channel kind.
func callBot(
	t *testing.T, g *gatewaytest.Gateway, kind string, e api.Engine, script string,
) (testcall.Result, error) {
	t.Helper()
	channels := map[string]string{
		"genesys_audio_connector": `{"provider_application":"bots"}`,
		"3clogic":                 `{"provider_application":"bots","protocol":"media-streams"}`,
	}
	assistant := api.Assistant{
		Name: t.Name(), Engine: &e, Variables: map[string]string{"customer": "A. Caller"},
	}
	var made api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", assistant, &made, api.Write{}))
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(channels[kind]), &body))
	body["assistant_id"] = made.ID
	var ch api.Channel
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/"+kind, body, &ch, api.Write{}))
	var kinds []channel.Kind
	for _, k := range channelall.Kinds() {
		kinds = append(kinds, k.Kind)
	}
	target, err := testcall.Find(t.Context(), g.Client, kinds, ch.ID)
	require.NoError(t, err)
	steps, err := testcall.ParseScript(script)
	require.NoError(t, err)
	speaker := speech.New(speech.Options{})
	plan := testcall.Plan{
		Steps: steps, Speak: testcall.CallerVoice(speaker),
		Placement: channel.Placement{From: "+14155550100", To: "+14155550199"},
	}
	return testcall.Place(t.Context(), g.Client, target, plan, testcall.AssistantVoice(speaker, target.Assistant))
}

// prompt is a recorded one of package speech as a bot plays it.
func prompt(t *testing.T, name string) (file string, s audio.Sound) {
	t.Helper()
	file = filepath.Join("..", "speech", "prompts", name+".ulaw")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return file, audio.DecodeSound(audio.Mulaw8k, data)
}

// requireHeard checks that a sound was heard in the call.
func requireHeard(t *testing.T, s, heard audio.Sound) {
	t.Helper()
	_, score, err := audio.Align(s, heard)
	require.NoError(t, err)
	require.GreaterOrEqual(t, score, testcall.MinScore)
}

// TestAMediaStreamsBotAnswersOnOtherChannels calls a bot written for Twilio over
// other platforms.
func TestAMediaStreamsBotAnswersOnOtherChannels(t *testing.T) {
	t.Parallel()
	greetingFile, greeting := prompt(t, "greeting")
	goodbyeFile, goodbye := prompt(t, "goodbye")
	g := gatewaytest.Start(t, gatewaytest.WithOutbound("127.0.0.0/8", nil))
	for _, kind := range []string{"genesys_audio_connector", "3clogic"} {
		t.Run("ENG-03 "+kind, func(t *testing.T) {
			t.Parallel()
			bot := startBot(t, "media-stream.js", botKey, greetingFile, goodbyeFile)
			const sentence = "Where is my order?"
			r, err := callBot(t, g, kind, api.Engine{MediaStream: &api.MediaStreamEngine{
				UserBot: api.UserBot{
					URL: "ws://" + bot.address + "/streams", AllowInsecure: true, APIKey: botKey, APIKeyVersion: 1,
				},
			}}, "say "+sentence+"\nover 500ms press 1\n")
			require.NoError(t, err)
			require.True(t, r.End.ByGateway)
			require.Equal(t, "hangup", r.End.Next)
			requireHeard(t, greeting, r.Heard)
			requireHeard(t, goodbye, r.Heard)
			said, err := testcall.CallerVoice(speech.New(speech.Options{}))(t.Context(), sentence)
			require.NoError(t, err)
			said.Samples = said.Samples[:len(said.Samples)/3] // the key cuts the rest off
			requireHeard(t, said, r.Heard)
			require.Less(t, *r.FirstAudioMS, int64(3000))
			require.NotNil(t, r.Turns[1].ClearMS, "the bot's clear reaches the platform")

			require.Len(t, bot.lines(`"customer":"A. Caller"`), 1)
			require.Len(t, bot.lines(`"digit":"1"`), 1)
			for _, mark := range []string{"greeting", "echo", "goodbye"} {
				require.Len(t, bot.lines(`"name":"`+mark+`"`), 1, mark)
			}
			require.Len(t, bot.lines(`"closed":1000`), 1)
			require.Empty(t, bot.lines("error"))
		})
	}
}

// TestAConversationRelayBotAnswersOnOtherChannels calls a text bot, with a service
// that hears always the same.
func TestAConversationRelayBotAnswersOnOtherChannels(t *testing.T) {
	t.Parallel()
	if speech.New(speech.Options{}).Name() != speech.ModeEspeak {
		t.Skip("espeak-ng is not installed")
	}
	g := gatewaytest.Start(t, gatewaytest.WithOutbound("127.0.0.0/8", nil))
	ears := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("file")
		if err == nil {
			_, err = audio.ReadWAV(file)
		}
		if err != nil || r.URL.Path != "/v1/audio/transcriptions" || r.Header.Get("Authorization") != "Bearer "+botKey {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"text":"Where is my order?"}`)
	}))
	t.Cleanup(ears.Close)
	for _, kind := range []string{"genesys_audio_connector", "3clogic"} {
		t.Run("ENG-03 "+kind, func(t *testing.T) {
			t.Parallel()
			bot := startBot(t, "conversation-relay.js", botKey)
			r, err := callBot(t, g, kind, api.Engine{ConversationRelay: &api.ConversationRelayEngine{
				UserBot: api.UserBot{
					URL: "ws://" + bot.address + "/relay", AllowInsecure: true, APIKey: botKey, APIKeyVersion: 1,
				},
				STT: &api.SpeechService{
					BaseURL: ears.URL + "/v1", AllowInsecure: true, APIKey: botKey, APIKeyVersion: 1,
				},
			}}, "say Where is my order?\npress 0\n")
			require.NoError(t, err)
			require.Equal(t, []string{
				"assistant: " + api.DefaultGreeting, "caller: Where is my order?",
				"assistant: You said Where is my order?", "caller: [key]",
				"assistant: One moment, I am looking for somebody.",
			}, told(r)[:5])
			require.Equal(t, "transfer", r.End.Next)
			require.JSONEq(t, `{"reasonCode":"live-agent-handoff","reason":"key"}`, r.Record.Transfer.Summary)
			require.Len(t, bot.lines(`"customer":"A. Caller"`), 1)
			require.Len(t, bot.lines(`"digit":"0"`), 1)
			require.Empty(t, bot.lines(`"type":"error"`))
		})
	}
}

// TestABotThatKnowsAnotherKeyIsNotReached: the bot's own check holds.
func TestABotThatKnowsAnotherKeyIsNotReached(t *testing.T) {
	t.Parallel()
	file, _ := prompt(t, "greeting")
	bot := startBot(t, "media-stream.js", "another key", file, file)
	g := gatewaytest.Start(t, gatewaytest.WithOutbound("127.0.0.0/8", nil))
	r, err := callBot(t, g, "3clogic", api.Engine{MediaStream: &api.MediaStreamEngine{
		UserBot: api.UserBot{
			URL: "ws://" + bot.address + "/streams", AllowInsecure: true, APIKey: botKey, APIKeyVersion: 1,
		},
	}}, "wait 1s\n")
	require.NoError(t, err)
	require.Equal(t, "engine_failed", r.Record.EndReason)
	require.Empty(t, bot.lines("start"))
	_, failed := prompt(t, "failed")
	requireHeard(t, failed, r.Heard)
	require.NotContains(t, g.Log(), botKey)
}
