package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestConversationRelayEngineValidate(t *testing.T) {
	t.Parallel()
	bot := api.UserBot{URL: "wss://bot.example.com/relay"}
	for _, c := range []struct {
		name   string
		engine api.ConversationRelayEngine
		want   []string // fields below engine.conversation_relay
	}{
		{name: "plain", engine: api.ConversationRelayEngine{UserBot: bot}},
		{name: "all", engine: api.ConversationRelayEngine{
			UserBot:   api.UserBot{URL: bot.URL, APIKey: "key", APIKeyVersion: 1},
			PlayHosts: []string{"sounds.example.com", "127.0.0.1"},
			STT:       &api.SpeechService{BaseURL: "http://10.0.0.7:8000/v1", AllowInsecure: true, Model: "whisper-1"},
			TTS:       &api.SpeechService{APIKey: "key", APIKeyVersion: 2},
		}},
		{name: "no url", want: []string{"url"}},
		{
			name: "play_hosts", engine: api.ConversationRelayEngine{UserBot: bot, PlayHosts: []string{"https://a.example"}},
			want: []string{"play_hosts"},
		},
		{
			name: "stt", engine: api.ConversationRelayEngine{
				UserBot: bot, STT: &api.SpeechService{BaseURL: "http://a.example/v1", Model: "a b", APIKey: "k"},
			}, want: []string{"stt.base_url", "stt.model", "stt.api_key_version"},
		},
		{
			name: "tts", engine: api.ConversationRelayEngine{
				UserBot: bot, TTS: &api.SpeechService{BaseURL: "https://a.example/v1?a=b"},
			}, want: []string{"tts.base_url"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := api.Assistant{Name: "bot", Engine: &api.Engine{ConversationRelay: &c.engine}}
			a.Defaults()
			var want []string
			for _, f := range c.want {
				want = append(want, "engine.conversation_relay."+f)
			}
			require.Equal(t, want, fields(a.Validate()))
			require.Equal(t, api.EngineKindRelay, a.EngineKind())
		})
	}
}
