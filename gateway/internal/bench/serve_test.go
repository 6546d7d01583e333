package bench_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/bench"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
)

// What a process that is measured serves.
const (
	roleEnv     = "VA_BENCH_SERVES"
	roleMinimal = "minimal"
	roleGateway = "gateway"
)

// secretToken signs the calls of the channel that is measured.
const secretToken = "0123456789abcdef0123456789abcdef" //nolint:gosec // of a channel that lives as long as a test

// place is where a process that is measured can be reached.
type place struct {
	Stream  string // of the minimal bridge
	Voice   string // webhook of the gateway's channel
	Metrics string
	Ports   []uint16 // of 127.0.0.1, one for each call over RTP
	Hook    hook     // of the gateway's Audio Connector, or of the echo beside it
	SIP     string   // UDP address of the endpoint
}

// TestServe is the other process, which runs this binary again: it serves
// until its standard input ends. In any other run it has nothing to do.
func TestServe(t *testing.T) {
	var p place
	switch os.Getenv(roleEnv) {
	case "":
		return
	case roleMinimal:
		srv := httptest.NewServer(bench.Bridge())
		defer srv.Close()
		p.Stream = "ws" + strings.TrimPrefix(srv.URL, "http")
	case roleGateway:
		g := gatewaytest.Start(t, gatewaytest.WithLogLevel(slog.LevelError),
			gatewaytest.WithEngine(api.EngineKindScripted, enginetest.Echo{}))
		p.Voice, p.Metrics = channelOf(t, g), g.AdminURL+"/metrics"
	case roleHookEcho:
		srv := httptest.NewServer(http.HandlerFunc(echoFrames))
		defer srv.Close()
		p.Hook.URI = "ws" + strings.TrimPrefix(srv.URL, "http")
	case roleHook:
		g := gatewaytest.Start(t, gatewaytest.WithLogLevel(slog.LevelError),
			gatewaytest.WithEngine(api.EngineKindScripted, enginetest.Echo{}))
		p.Hook, p.Metrics = hookOf(t, g), g.AdminURL+"/metrics"
	case roleSIP:
		p = serveSIP(t)
	case roleUDP:
		p.Ports = echoPackets(t, number(t, "VA_BENCH_RTP_CALLS", rtpCalls))
	case roleRTP, roleSRTP:
		p.Ports = echoMedia(t, number(t, "VA_BENCH_RTP_CALLS", rtpCalls), os.Getenv(roleEnv) == roleSRTP)
	}
	require.NoError(t, json.NewEncoder(os.Stdout).Encode(p))
	_, err := io.Copy(io.Discard, os.Stdin)
	require.NoError(t, err)
}

// assistantOf makes an assistant whose calls are never ended for their length or
// for silence, and gives its id.
func assistantOf(t testing.TB, g *gatewaytest.Gateway) (id string) {
	t.Helper()
	var a api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{
		Name: "measured", GreetingMode: api.CallerFirst,
		MaxCallDuration: api.Duration(api.MaxMaxCallDuration), InactivityTimeout: api.Duration(api.MaxInactivityTimeout),
	}, &a, api.Write{}))
	return a.ID
}

// channelOf makes a channel and gives its webhook.
func channelOf(t testing.TB, g *gatewaytest.Gateway) (voice string) {
	t.Helper()
	var c api.TwilioChannel
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/twilio", api.TwilioChannel{
		Channel:             api.Channel{AssistantID: assistantOf(t, g), ProviderApplication: "bench"},
		AuthenticationToken: secretToken,
	}, &c, api.Write{}))
	return c.URL
}
