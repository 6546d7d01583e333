package threeclogic_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// Two gateways on one PostgreSQL: a ticket of one is good at the other, once,
// and any of them knows what became of a call.
func TestTwoNodes3C14(t *testing.T) {
	t.Parallel()
	options := []gatewaytest.Option{
		gatewaytest.WithPostgres(pgtest.DSN(t)), gatewaytest.WithKeyFile(filepath.Join(t.TempDir(), "kek")),
		gatewaytest.WithPublicURL("https://va.example.com"),
		gatewaytest.WithEngine(api.EngineKindScripted, enginetest.Echo{}),
	}
	a, b := gatewaytest.Start(t, options...), gatewaytest.Start(t, options...)
	var assistant api.Assistant
	require.NoError(t, a.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "a"}, &assistant, api.Write{}))
	c := create(t, a, api.ThreeCLogicChannel{
		Channel:     api.Channel{AssistantID: assistant.ID, ProviderApplication: "p"},
		AuthMethods: []string{api.ThreeCLogicBasic, api.ThreeCLogicTicket},
	})
	require.Equal(t, "wss://va.example.com/c/3clogic/"+c.ID, c.URL)
	ask := func(g *gatewaytest.Gateway, method, path string, into any) int {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+g.Address+"/c/3clogic/"+c.ID+path, nil)
		require.NoError(t, err)
		r.SetBasicAuth(c.ClientID, c.Credentials["client_secret"])
		res, err := gatewaytest.HTTP.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		if res.StatusCode == http.StatusOK {
			require.NoError(t, json.NewDecoder(res.Body).Decode(into))
		}
		return res.StatusCode
	}
	var ticket struct {
		Value string `json:"ticket"`
	}
	require.Eventually(t, func() bool { // until both know the channel
		return ask(b, http.MethodPost, "/stream-tickets", &ticket) == http.StatusOK
	}, patience, 50*time.Millisecond)
	require.Equal(t, http.StatusOK, ask(a, http.MethodPost, "/stream-tickets", &ticket))
	knock := func(g *gatewaytest.Gateway) (*websocket.Conn, int) {
		ws, res, _ := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+g.Address+"/c/3clogic/"+c.ID,
			http.Header{"Sec-Websocket-Protocol": {"va.v1, va.ticket." + ticket.Value}})
		defer res.Body.Close()
		return ws, res.StatusCode
	}
	ws, status := knock(b)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	defer ws.Close()
	for _, g := range []*gatewaytest.Gateway{a, b} {
		_, status := knock(g)
		require.Equal(t, http.StatusUnauthorized, status)
		require.NotContains(t, g.Log(), ticket.Value)
	}

	stream := twiliomedia.Start{StreamSID: "s1", CallSID: "c1", AccountSID: "a1", Format: twiliomedia.Mulaw}
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, twiliomedia.AppendStart(nil, 1, &stream)))
	_, _, err := ws.ReadMessage()
	require.NoError(t, err)
	var outcome struct{ Status, Disposition string }
	began := time.Now()
	require.Equal(t, http.StatusOK, ask(a, http.MethodGet, "/call-contexts/c1/outcome?wait=300ms", &outcome))
	require.Equal(t, "connected", outcome.Status)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
	require.NoError(t, ws.WriteMessage(websocket.TextMessage, twiliomedia.AppendStop(nil, 2, &stream)))
	require.Equal(t, http.StatusOK, ask(a, http.MethodGet, "/call-contexts/c1/outcome?wait=2000ms", &outcome))
	require.Equal(t, "completed", outcome.Status)
	require.Equal(t, "caller_hangup", outcome.Disposition)
	require.Equal(t, http.StatusNotFound, ask(a, http.MethodGet, "/call-contexts/c2/outcome", &outcome))
	require.Equal(t, http.StatusBadRequest, ask(a, http.MethodGet, "/call-contexts/c1/outcome?wait=3s", &outcome))
}
