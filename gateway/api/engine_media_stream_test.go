package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestMediaStreamEngineValidate(t *testing.T) {
	t.Parallel()
	at := func(address string) api.MediaStreamEngine {
		return api.MediaStreamEngine{UserBot: api.UserBot{URL: address}}
	}
	for _, c := range []struct {
		name   string
		engine api.MediaStreamEngine
		want   []string // fields below engine.media_stream
	}{
		{name: "plain", engine: at("wss://bot.example.com/streams")},
		{name: "all", engine: api.MediaStreamEngine{
			UserBot: api.UserBot{
				URL: "ws://10.0.0.7:8080/streams", AllowInsecure: true, APIKey: "0123456789abcdef", APIKeyVersion: 1,
				AccountSID: "AC" + strings.Repeat("0f", 16),
			}, OnEngineClose: api.OnEngineCloseTransfer,
		}},
		{name: "no url", want: []string{"url"}},
		{name: "https", engine: at("https://bot.example.com/streams"), want: []string{"url"}},
		{name: "not encrypted", engine: at("ws://bot.example.com/streams"), want: []string{"url"}},
		{name: "a query", engine: at("wss://bot.example.com/?a=b"), want: []string{"url"}},
		{name: "an empty query", engine: at("wss://bot.example.com/?"), want: []string{"url"}},
		{name: "a user name", engine: at("wss://a:b@bot.example.com/"), want: []string{"url"}},
		{
			name:   "an account",
			engine: api.MediaStreamEngine{UserBot: api.UserBot{URL: "wss://bot.example.com/", AccountSID: "AC1"}},
			want:   []string{"account_sid"},
		},
		{
			name:   "a key without a version",
			engine: api.MediaStreamEngine{UserBot: api.UserBot{URL: "wss://bot.example.com/", APIKey: "k"}},
			want:   []string{"api_key_version"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := api.Assistant{Name: "bot", Engine: &api.Engine{MediaStream: &c.engine}}
			a.Defaults()
			var want []string
			for _, f := range c.want {
				want = append(want, "engine.media_stream."+f)
			}
			require.Equal(t, want, fields(a.Validate()))
			require.Equal(t, api.EngineKindMediaStream, a.EngineKind())
		})
	}
}
