package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// SEC-11: whatever is sent as JSON is answered as the sender's mistake, or
// taken; never as the gateway's.
func TestHostileJSONSEC11(t *testing.T) {
	onBothStores(t, hostileJSON)
}

func hostileJSON(t *testing.T, g *gatewaytest.Gateway) {
	a := newAssistant(t, g, "target")
	c := newTwilio(t, g, a.ID)
	anyRevision := map[string]string{"If-Match": "*", api.HeaderIdempotencyKey: "\xff"}
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	common := `"assistant_id":"` + a.ID + `","provider_application":"p","authentication_token":"` + plantedToken + `"`
	for _, tc := range []struct{ name, path, body string }{
		{"null", "/v1/assistants", `null`},
		{"list", "/v1/assistants", `[]`},
		{"number", "/v1/assistants", `1e999`},
		{"empty", "/v1/assistants", ``},
		{"deep", "/v1/assistants", deep},
		{"null members", "/v1/assistants", `{"name":"n1","transfers":{"x":null},"voice":null,` +
			`"engine":null,"turn":null,"tags":null,"variables":{"a":null}}`},
		{"empty objects", "/v1/assistants", `{"name":"n2","engine":{},"voice":{},"turn":{}}`},
		{"null engine", "/v1/assistants", `{"name":"n3","engine":{"scripted":null}}`},
		{"null pronunciations", "/v1/assistants", `{"name":"n4","voice":{"pronunciations":{"a":null},"speed":null}}`},
		{"null name", "/v1/assistants", `{"name":null}`},
		{"NUL", "/v1/assistants", `{"name":"a\u0000b","greeting":"\u0000"}`},
		{"NUL in text", "/v1/assistants", `{"name":"n5","greeting":"\u0000",` +
			`"description":"\u0000","variables":{"a":"\u0000"}}`},
		{"surrogate", "/v1/assistants", `{"name":"n6","greeting":"\ud800","instructions":"\udfff"}`},
		{"invalid UTF-8", "/v1/assistants", "{\"name\":\"\xff\xfe\"}"},
		{"duplicate", "/v1/assistants", `{"name":"n7","name":"n8"}`},
		{"huge duration", "/v1/assistants", `{"name":"n9","max_call_duration":"99999999999h"}`},
		{"negative duration", "/v1/assistants", `{"name":"n10",` +
			`"turn":{"silence":"-1s","min_interrupt":"-9223372036854775808ns"}}`},
		{"numeric duration", "/v1/assistants", `{"name":"n11","max_call_duration":1e308}`},
		{"script", "/v1/assistants", `{"name":"n12","engine":{"scripted":{"script_json":"{\"states\":null}"}}}`},
		{"script list", "/v1/assistants", `{"name":"n13","engine":{"scripted":{"script_json":"[null]"}}}`},
		{"script states", "/v1/assistants", `{"name":"n14",` +
			`"engine":{"scripted":{"script_json":"{\"start\":\"a\",\"states\":{\"a\":null}}"}}}`},
		{"channel null", "/v1/channels/twilio", `null`},
		{"channel enabled", "/v1/channels/twilio", `{` + common + `,"enabled":null,"rotation_overlap":null}`},
		{"channel overlap", "/v1/channels/twilio", `{` + common + `,"rotation_overlap":"-1h"}`},
		{"channel version", "/v1/channels/twilio", `{` + common + `,"rotate_if_version":9223372036854775807}`},
		{"channel read-only", "/v1/channels/twilio", `{` + common + `,"id":"chn_x","status":"active",` +
			`"credentials":{"a":"b"},"revision":-1}`},
		{"channel NUL", "/v1/channels/twilio", `{` + common + `,"name":"a\u0000"}`},
		{"token null", "/v1/tokens", `{"name":"x","scopes":null}`},
		{"token none", "/v1/tokens", `{"name":"x","scopes":[]}`},
		{"token unknown", "/v1/tokens", `{"name":"x","scopes":["root"]}`},
		{"token time", "/v1/tokens", `{"name":"x","scopes":["admin"],"expires_at":"9999-99-99T00:00:00Z"}`},
		{"token year", "/v1/tokens", `{"name":"x","scopes":["admin"],"expires_at":"0000-01-01T00:00:00Z"}`},
		{"token NUL", "/v1/tokens", `{"name":"\u0000","scopes":["assistants:read"]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, r := range []request{
				{method: http.MethodPost, path: tc.path, body: tc.body},
				{method: http.MethodPost, path: tc.path + "?dry_run=true", body: tc.body},
				{method: http.MethodPut, path: "/v1/assistants/" + a.ID, body: tc.body, header: anyRevision},
				{method: http.MethodPut, path: "/v1/channels/" + c.ID + "/twilio", body: tc.body, header: anyRevision},
			} {
				got := send(t, g, r)
				require.Less(t, got.status, 500, "%s %s: %s", r.method, r.path, got.body)
			}
		})
	}
	for _, path := range []string{
		"/v1/assistants?after=%00", "/v1/assistants?limit=-1", "/v1/assistants?limit=99999999999999999999",
		"/v1/calls?channel_id=%00&provider_call_id=%ff", "/v1/calls?after=%00", "/v1/audit?after=-1",
		"/v1/audit?after=9223372036854775807", "/v1/channels/chn_%00", "/v1/channels?after=%ff",
	} {
		got := send(t, g, request{method: http.MethodGet, path: path})
		require.Less(t, got.status, 500, "%s: %s", path, got.body)
	}
	require.Equal(t, http.StatusOK, send(t, g, request{method: http.MethodGet, path: "/v1/assistants"}).status)
}
