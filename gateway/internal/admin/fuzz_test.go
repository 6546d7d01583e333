package admin_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// FuzzBodiesSEC11 sends anything as the body of every creating request: it is
// accepted or refused, and never an error of the server.
func FuzzBodiesSEC11(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"name":1}`, `{"name":"a","name":"b"}`, "{\"name\":\"\x00\"}", "{\"name\":\"\xff\"}",
		`{"name":"n","greeting":"\ud800","variables":{"":""},"max_call_duration":"1e9h"}`,
		`{"assistant_id":"ast_1","provider_application":"p","authentication_token":"0123456789abcdef0123456789abcdef"}`,
		`{"name":"t","scopes":["admin"],"expires_in":"-1s"}`,
		`{"name":` + string(bytes.Repeat([]byte(`[`), 20_000)),
	} {
		f.Add([]byte(body))
	}
	g := gatewaytest.Start(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range []string{"/v1/assistants", "/v1/channels/twilio", "/v1/tokens"} {
			got := send(t, g, request{method: http.MethodPost, path: path, body: string(body)})
			require.Less(t, got.status, http.StatusInternalServerError, path)
		}
	})
}
