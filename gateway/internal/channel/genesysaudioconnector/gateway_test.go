package genesysaudioconnector_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/genesysaudioconnector/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook/signature"
)

// patience bounds one call.
const patience = 40 * time.Second

// world is a real gateway with one assistant.
type world struct {
	g         *gatewaytest.Gateway
	assistant api.Assistant
}

func start(t *testing.T, options ...gatewaytest.Option) *world {
	t.Helper()
	w := &world{g: gatewaytest.Start(t, options...)}
	w.assistant.Name = "desk"
	require.NoError(t, w.g.Client.Post(t.Context(), "/v1/assistants", w.assistant, &w.assistant, api.Write{}))
	return w
}

func (w *world) channel(t *testing.T, group string) *api.GenesysAudioConnectorChannel {
	t.Helper()
	return create(t, w.g, w.assistant.ID, group)
}

// placed is a call that somebody listens to.
type placed struct {
	channel.Line
	spoken chan struct{} // closed by the first sound
}

// call places a call.
func call(
	t *testing.T, g platform.Genesys, c *api.GenesysAudioConnectorChannel, credentials map[string]string,
) (*placed, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	line, err := g.Dial(ctx, channel.Placement{
		Body: c, Credentials: credentials, From: "+15105550100", To: "+18885550199",
	})
	if err != nil {
		return nil, err
	}
	call := &placed{Line: line, spoken: make(chan struct{})}
	quiet := bytes.Repeat([]byte{0xff}, line.Format().FrameBytes())
	var listening sync.WaitGroup
	listening.Go(func() {
		var once sync.Once
		for heard := range line.Heard() {
			if !bytes.Equal(heard.Frame, quiet) {
				once.Do(func() { close(call.spoken) })
			}
		}
	})
	t.Cleanup(func() {
		line.Hangup()
		listening.Wait()
	})
	return call, nil
}

func wait(t *testing.T, line *placed) channel.LineEnd {
	t.Helper()
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	return end
}

func (w *world) records(t *testing.T) []api.Call {
	t.Helper()
	var page api.Page[api.Call]
	require.NoError(t, w.g.Client.Get(t.Context(), "/v1/calls", &page))
	return page.Items
}

// record is the only call record there is, once it is complete.
func (w *world) record(t *testing.T) (record api.Call) {
	t.Helper()
	require.Eventually(t, func() bool {
		all := w.records(t)
		if len(all) == 1 {
			record = all[0]
		}
		return record.State == api.CallEnded
	}, patience, 20*time.Millisecond)
	return record
}

func (w *world) refusals(t *testing.T, c *api.GenesysAudioConnectorChannel) []api.Refusal {
	t.Helper()
	var page api.Page[api.Refusal]
	require.NoError(t, w.g.Client.Get(t.Context(), "/v1/channels/"+c.ID+"/refusals", &page))
	return page.Items
}

// TestGA shows on a real gateway what takes more than the channel alone.
func TestGA(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"GA-01 GA-24 huge and slow headers", testHugeHeaders},
		{"GA-02 a replay", testReplay},
		{"GA-03 rotation during a call", testRotation},
		{"GA-05 how the connector ID is joined to the base URI", testJoins},
		{"GA-06 probes leave no call", testProbes},
		{"GA-11 session variables of the flow", testInput},
		{"GA-23 a drain that times out", testDrain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

func testHugeHeaders(t *testing.T) {
	w := start(t)
	c := w.channel(t, "")
	line, err := call(t, platform.Genesys{}, c, c.Credentials)
	require.NoError(t, err)

	status := func(write func(net.Conn)) int {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", w.g.Address)
		require.NoError(t, err)
		defer conn.Close()
		write(conn)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return 0 // closed
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	head := "GET /c/genesys_audio_connector/" + c.ID + "/x HTTP/1.1\r\nHost: x\r\n"
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, status(func(conn net.Conn) {
		_, _ = io.WriteString(conn, head+"Signature-Input: "+strings.Repeat("x", 64<<10)+"\r\n\r\n") // may be cut short
	}))
	begun := time.Now()
	slow := status(func(conn net.Conn) { _, _ = io.WriteString(conn, head) })
	require.Contains(t, []int{0, http.StatusRequestTimeout}, slow, "headers that never end")
	require.InDelta(t, 5, time.Since(begun).Seconds(), 2)

	line.Hangup()
	require.False(t, wait(t, line).ByGateway, "a call goes on meanwhile")
}

func testReplay(t *testing.T) {
	w := start(t)
	c := w.channel(t, "")
	u, err := url.Parse(c.BaseConnectionURI + "/" + c.ConnectorID)
	require.NoError(t, err)
	header := http.Header{
		"Audiohook-Organization-Id": {"d7934305-0972-4844-938e-9060eef73d05"},
		"Audiohook-Session-Id":      {"30b0e395-84d3-4570-ac13-9a62d8f514c0"},
		"Audiohook-Correlation-Id":  {"e160e428-53e2-487c-977d-96989bf5c99d"},
	}
	key, err := base64.StdEncoding.DecodeString(c.Credentials["client_secret"])
	require.NoError(t, err)
	require.NoError(t, signature.Sign(signature.Request{Target: u.RequestURI(), Host: u.Host, Header: header},
		c.Credentials["api_key"], "0123456789abcdefghijklmn", key, time.Now(), time.Minute))
	dial := func() int {
		ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), u.String(), header)
		require.NotNil(t, res, err)
		_ = res.Body.Close()
		if ws != nil {
			_ = ws.Close()
		}
		return res.StatusCode
	}
	require.Equal(t, http.StatusSwitchingProtocols, dial())
	require.Equal(t, http.StatusUnauthorized, dial())
	require.True(t, slices.ContainsFunc(w.refusals(t, c), func(r api.Refusal) bool { return r.Reason == "replay" }))
}

// Channels of a group have one set of credentials: what replaces it through one
// of them replaces it for all.
func testRotation(t *testing.T) {
	w := start(t)
	one, other := w.channel(t, "production"), w.channel(t, "production")
	before := one.Credentials
	running, err := call(t, platform.Genesys{}, other, before)
	require.NoError(t, err)

	rotated := put(t, w.g, one, one.CredentialsVersion)
	require.NotEqual(t, before, rotated.Credentials)
	for _, credentials := range []map[string]string{before, rotated.Credentials} {
		line, err := call(t, platform.Genesys{}, other, credentials)
		require.NoError(t, err, "both are good during the overlap")
		line.Hangup()
		wait(t, line)
	}
	rotated.RotationOverlap = new(api.Duration(0))
	last := put(t, w.g, rotated, rotated.CredentialsVersion)
	for _, credentials := range []map[string]string{before, rotated.Credentials} {
		_, err := call(t, platform.Genesys{}, other, credentials)
		var refused *channel.RefusedError
		if credentials["api_key"] == rotated.Credentials["api_key"] {
			require.ErrorAs(t, err, &refused, "the overlap is over")
			require.Equal(t, http.StatusUnauthorized, refused.Status)
			require.Equal(t, "key_unknown", w.refusals(t, other)[0].Reason)
		}
	}
	line, err := call(t, platform.Genesys{}, other, last.Credentials)
	require.NoError(t, err)
	line.Hangup()
	wait(t, line)

	running.Hangup()
	require.False(t, wait(t, running).ByGateway, "a running call is untouched")
}

func testJoins(t *testing.T) {
	w := start(t)
	c := w.channel(t, "")
	for _, join := range []string{"/", "//", platform.NoJoin} {
		line, err := call(t, platform.Genesys{Join: join, Query: "v=2"}, c, c.Credentials)
		require.NoError(t, err, join)
		line.Hangup()
		wait(t, line)
	}
	wrong := *c
	wrong.ConnectorID = "00000000-0000-0000-0000-000000000000" // of the integration, say
	var refused *channel.RefusedError
	_, err := call(t, platform.Genesys{}, &wrong, c.Credentials)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusNotFound, refused.Status)
	require.Equal(t, "unknown_connector", w.refusals(t, c)[0].Reason, "told where one looks")

	for _, path := range []string{"//c/twilio/x/voice", "/c/twilio//voice", "/c/../v1/assistants"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.g.Address+path, nil)
		require.NoError(t, err)
		res, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusNotFound, res.StatusCode, "other kinds take clean paths only")
	}
}

func testProbes(t *testing.T) {
	w := start(t, gatewaytest.WithMaxCalls("1"))
	c := w.channel(t, "")
	for range 20 {
		require.NoError(t, platform.Genesys{}.Probe(t.Context(), channel.Placement{Body: c, Credentials: c.Credentials}))
	}
	require.Empty(t, w.records(t))
	require.Empty(t, w.refusals(t, c))
	require.NotContains(t, w.g.Log(), "call started")
	wrong := map[string]string{"api_key": c.Credentials["api_key"], "client_secret": "d3Jvbmc="}
	require.Error(t, platform.Genesys{}.Probe(t.Context(), channel.Placement{Body: c, Credentials: wrong}))

	line, err := call(t, platform.Genesys{}, c, c.Credentials) // the only place is free
	require.NoError(t, err)
	line.Hangup()
	wait(t, line)
}

// What the flow passes in is known to the assistant.
func testInput(t *testing.T) {
	w := start(t)
	greeter := api.Assistant{Name: "greeter", Greeting: "Hello {{name}}."}
	require.NoError(t, w.g.Client.Post(t.Context(), "/v1/assistants", greeter, &greeter, api.Write{}))
	c := create(t, w.g, greeter.ID, "")
	line, err := call(t, platform.Genesys{Input: map[string]string{"name": "Zoë", "_secret": "x"}}, c, c.Credentials)
	require.NoError(t, err)
	<-line.spoken
	require.NoError(t, line.Press('#'))
	end := wait(t, line)
	require.Equal(t, "hangup", end.Next)
	record := w.record(t)
	require.Contains(t, end.Detail, record.ID)
	require.Contains(t, end.Detail, `"disposition":"resolved"`)
	require.Equal(t, line.ProviderCallID(), record.ProviderCallID)
	require.Equal(t, "+15105550100", record.From)
	require.Equal(t, "Hello Zoë.", record.Turns[0].Text)
}

func testDrain(t *testing.T) {
	w := start(t, gatewaytest.WithDrainTimeout("1s"))
	c := w.channel(t, "")
	line, err := call(t, platform.Genesys{}, c, c.Credentials)
	require.NoError(t, err)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.g.Stop()
	}()
	require.Eventually(t, func() bool { return !w.g.Ready(t) }, patience, 10*time.Millisecond)
	_, err = call(t, platform.Genesys{}, c, c.Credentials)
	var refused *channel.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusServiceUnavailable, refused.Status)
	end := wait(t, line)
	require.True(t, end.ByGateway)
	require.Equal(t, "transfer", end.Next)
	require.Contains(t, end.Detail, `"reason":"completed"`)
	require.Contains(t, end.Detail, `"disposition":"transfer"`)
	<-stopped
}
