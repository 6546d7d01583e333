package twilio_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

// patience bounds one call.
const patience = 40 * time.Second

// world is a real gateway with one channel, and Twilio with its REST API.
type world struct {
	g       *gatewaytest.Gateway
	channel *api.TwilioChannel
	rest    *platform.REST
	token   string
}

// start runs both; wait is how long the gateway waits to be asked, 0 as always.
func start(t *testing.T, withKey bool, wait time.Duration, options ...gatewaytest.Option) *world {
	t.Helper()
	w := &world{token: rand.Text() + rand.Text(), rest: &platform.REST{
		Account: "AC0123456789abcdef0123456789abcdef", Key: "SK0123456789abcdef0123456789abcdef",
		Secret: rand.Text() + rand.Text(),
	}}
	server := httptest.NewTLSServer(w.rest)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	w.g = gatewaytest.Start(t, append(options,
		gatewaytest.WithKinds(admin.Of[api.TwilioChannel](twilio.Impatient(twilio.Kind{REST: server.URL}, wait))),
		gatewaytest.WithOutbound("127.0.0.0/8", roots))...)

	assistant := api.Assistant{Name: "desk"}
	require.NoError(t, w.g.Client.Post(t.Context(), "/v1/assistants", assistant, &assistant, api.Write{}))
	in := &api.TwilioChannel{
		PhoneNumberToLiveAgent: agentNumber, AuthenticationToken: w.token, AccountSID: w.rest.Account,
	}
	if withKey {
		in.APIKeySID, in.APIKeySecret = w.rest.Key, w.rest.Secret
	}
	in.AssistantID, in.ProviderApplication = assistant.ID, "suite"
	w.channel = &api.TwilioChannel{}
	require.NoError(t, w.g.Client.Post(t.Context(), "/v1/channels/twilio", in, w.channel, api.Write{}))
	return w
}

// call places a call that is answered, and listens to it.
func (w *world) call(t *testing.T, p platform.Twilio) channel.Line {
	t.Helper()
	p.REST = w.rest
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	t.Cleanup(cancel)
	line, err := p.Dial(ctx, channel.Placement{
		Body: w.channel, Credentials: map[string]string{"authentication_token": w.token},
		From: "+15105550100", To: "+18885550199",
	})
	require.NoError(t, err)
	_, ok := <-line.Heard()
	require.True(t, ok)
	var listening sync.WaitGroup
	listening.Go(func() {
		for range line.Heard() {
		}
	})
	t.Cleanup(listening.Wait)
	return line
}

func (w *world) wait(t *testing.T, line channel.Line) channel.LineEnd {
	t.Helper()
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	return end
}

// record is the only call record there is, of this line, once it is complete.
func (w *world) record(t *testing.T, line channel.Line) api.Call {
	t.Helper()
	var page api.Page[api.Call]
	require.Eventually(t, func() bool {
		err := w.g.Client.Get(t.Context(), "/v1/calls?channel_id="+w.channel.ID, &page)
		return err == nil && len(page.Items) == 1 && page.Items[0].State == api.CallEnded
	}, patience, 50*time.Millisecond)
	require.Equal(t, line.ProviderCallID(), page.Items[0].ProviderCallID)
	return page.Items[0]
}

func (w *world) refusals(t *testing.T) []api.Refusal {
	t.Helper()
	var page api.Page[api.Refusal]
	require.NoError(t, w.g.Client.Get(t.Context(), "/v1/channels/"+w.channel.ID+"/refusals", &page))
	return page.Items
}

// silent is longer than the gateway waits to be asked.
const silent = 20 * time.Second

// TestTWOnTheGateway shows on a real gateway, with Twilio's REST API on a real
// listener, what takes more than the channel alone.
func TestTWOnTheGateway(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"TW-14 transferred over REST", testTransferredOverREST},
		{"TW-14 ended over REST", testEndedOverREST},
		{"TW-14 counted without an API key", testCounted},
		{"TW-17 transferred over REST when a drain times out", testDrainOverREST},
		{"TW-18 a call of media_url, and no second stream of it", testMediaURL},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.run(t)
		})
	}
}

func testTransferredOverREST(t *testing.T) {
	w := start(t, true, 500*time.Millisecond)
	line := w.call(t, platform.Twilio{Silent: silent})
	require.NoError(t, line.Press('0'))
	end := w.wait(t, line)
	require.True(t, end.ByGateway)
	require.Equal(t, "transfer", end.Next)
	require.Equal(t, agentNumber, end.Target)
	require.Contains(t, end.Detail, `callerId="+18885550199"`)
	require.Len(t, w.rest.Requests(), 2)
	require.Equal(t, "GET", w.rest.Requests()[0])
	c := w.record(t, line)
	require.Equal(t, "transferred", c.Outcome)
	require.Equal(t, "completed", c.Transfer.Result)
	require.Empty(t, w.refusals(t))
	require.NotContains(t, w.g.Log(), w.rest.Secret)
}

func testEndedOverREST(t *testing.T) {
	w := start(t, true, 500*time.Millisecond)
	line := w.call(t, platform.Twilio{Silent: silent})
	require.NoError(t, line.Press('#'))
	require.Equal(t, "hangup", w.wait(t, line).Next)
	require.Equal(t, []string{"GET", "Status=completed"}, w.rest.Requests())
	require.Equal(t, "resolved", w.record(t, line).Outcome)
}

func testCounted(t *testing.T) {
	w := start(t, false, 500*time.Millisecond)
	line := w.call(t, platform.Twilio{Silent: 2 * time.Second})
	require.NoError(t, line.Press('0'))
	require.Empty(t, w.wait(t, line).Next)
	refusals := w.refusals(t)
	require.Len(t, refusals, 1)
	require.Equal(t, "action_missing", refusals[0].Reason)
	require.Contains(t, refusals[0].Detail, w.record(t, line).ID)
	require.Empty(t, w.rest.Requests())

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.g.AdminURL+"/metrics", nil)
	require.NoError(t, err)
	res, err := gatewaytest.HTTP.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	metrics, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Contains(t, string(metrics), `va_refusals_total{channel="twilio",reason="action_missing"} 1`)
}

func testDrainOverREST(t *testing.T) {
	w := start(t, true, 0, gatewaytest.WithDrainTimeout("100ms"))
	line := w.call(t, platform.Twilio{Silent: silent})
	w.g.Stop() // returns once the call was told
	end := w.wait(t, line)
	require.Equal(t, "transfer", end.Next)
	require.Equal(t, agentNumber, end.Target)
}

func testMediaURL(t *testing.T) {
	w := start(t, true, 0)
	line := w.call(t, platform.Twilio{MediaURL: true})
	require.Eventually(t, func() bool { // of two streams the first one to start has the call
		var page api.Page[api.Call]
		err := w.g.Client.Get(t.Context(), "/v1/calls?channel_id="+w.channel.ID, &page)
		return err == nil && len(page.Items) == 1 && page.Items[0].State == api.CallRunning
	}, patience, 20*time.Millisecond)

	// Whoever knows the URL and its signature gets no second stream, while the
	// call goes on and after it.
	mac := hmac.New(sha1.New, []byte(w.token))
	_, _ = io.WriteString(mac, w.channel.MediaURL)
	header := http.Header{"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
	second := func() int {
		ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), w.channel.MediaURL, header)
		require.NoError(t, err)
		_ = res.Body.Close()
		p := twiliomedia.NewPlatform(ws)
		defer p.Close()
		require.NoError(t, p.Connected())
		require.NoError(t, p.Start(twiliomedia.Start{
			StreamSID: "MZ1", AccountSID: w.rest.Account, CallSID: line.ProviderCallID(), Format: twiliomedia.Mulaw,
		}))
		var m twiliomedia.Message
		for {
			if err := p.Read(&m); err != nil {
				code, _ := wsconn.Closed(err)
				return code
			}
		}
	}
	require.Equal(t, websocket.ClosePolicyViolation, second())
	require.Equal(t, "call_taken", w.refusals(t)[0].Reason)

	require.NoError(t, line.Press('0')) // the user's TwiML knows no live agent: REST comes before the close
	end := w.wait(t, line)
	require.False(t, end.ByGateway)
	require.Equal(t, "transfer", end.Next)
	require.Equal(t, agentNumber, end.Target)
	c := w.record(t, line)
	require.Equal(t, "+15105550100", c.From, "as Twilio says")
	require.Equal(t, "transferred", c.Outcome)

	require.Equal(t, websocket.ClosePolicyViolation, second())
	require.Equal(t, "call_not_in_progress", w.refusals(t)[0].Reason)
	w.record(t, line) // still the only one
}
