package admin_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

const plantedKey = "sk-planted-in-an-assistant"

func realtimeAssistant(key string, version int64) api.Assistant {
	return api.Assistant{Name: "model", Engine: &api.Engine{OpenAIRealtime: &api.OpenAIRealtimeEngine{
		Model: "gpt-realtime", APIKey: key, APIKeyVersion: version,
	}}}
}

// A key is taken, kept while its version is the same, and never told.
func TestAnEngineKeyIsNeverAnsweredENG19(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	var made api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", realtimeAssistant(plantedKey, 1), &made, api.Write{}))
	require.Empty(t, made.Engine.OpenAIRealtime.APIKey)
	require.EqualValues(t, 1, made.Engine.OpenAIRealtime.APIKeyVersion)
	path := "/v1/assistants/" + made.ID
	got := send(t, g, request{method: http.MethodGet, path: path})
	require.Equal(t, http.StatusOK, got.status)
	require.NotContains(t, got.body, plantedKey)

	put := func(key string, version int64) (api.Assistant, error) {
		var after api.Assistant
		err := g.Client.Put(t.Context(), path, realtimeAssistant(key, version), &after, api.Write{IfMatch: "*"})
		return after, err
	}
	kept, err := put("", 1)
	require.NoError(t, err)
	require.Equal(t, made.Revision, kept.Revision, "nothing changed")
	_, err = put("", 2)
	require.ErrorContains(t, err, "none with version 2 is stored")
	again, err := put(plantedKey, 1)
	require.NoError(t, err)
	require.Equal(t, made.Revision, again.Revision, "the same key is no change")
	other, err := put(plantedKey+"-2", 1)
	require.NoError(t, err)
	require.Greater(t, other.Revision, made.Revision)
	without, err := put("", 0)
	require.NoError(t, err)
	require.Zero(t, without.Engine.OpenAIRealtime.APIKeyVersion)
	_, err = put("", 1)
	require.ErrorContains(t, err, "none with version 1 is stored", "it was deleted")
	require.NotContains(t, g.Log(), plantedKey)
}

func TestEngineRules(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	for _, tc := range []struct{ name, engine, want string }{
		{"no model", `{}`, `body.engine.openai_realtime`},
		{"not encrypted", `{"model":"m","base_url":"ws://a/b"}`, `set allow_insecure`},
		{"user in the URL", `{"model":"m","base_url":"wss://u:p@a/b"}`, `keys go into api_key`},
		{"secret in the URL", `{"model":"m","base_url":"wss://a/b?api-key=1"}`, `looks like a secret`},
		{"secret header", `{"model":"m","headers":{"Authorization":"x"}}`, `looks like a secret`},
		{"header of the connection", `{"model":"m","headers":{"Host":"x"}}`, `belongs to the connection`},
		{"header with a line", `{"model":"m","headers":{"X-A":"x\r\ny"}}`, `printable`},
		{"no version", `{"model":"m","api_key":"` + plantedKey + `"}`, `api_key_version`},
		{"semantic with a threshold", `{"model":"m","turn_detection":"semantic_vad","threshold":0.5}`, `server_vad`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := send(t, g, request{
				method: http.MethodPost, path: "/v1/assistants",
				body: `{"name":"a","engine":{"openai_realtime":` + tc.engine + `}}`,
			})
			require.Equal(t, http.StatusUnprocessableEntity, got.status, got.body)
			require.Contains(t, got.body, tc.want)
			require.NotContains(t, got.body, plantedKey)
		})
	}
}
