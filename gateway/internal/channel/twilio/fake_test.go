package twilio

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	testToken   = "0123456789abcdef0123456789abcdef"
	testChannel = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	testCall    = "call_01JD8Z6V5B3W3T1H6R4M0X7Q2P"
	testSID     = "CA0123456789abcdef0123456789abcdef"
	testAccount = "AC0123456789abcdef0123456789abcdef"
	liveAgent   = "+14155550123"
)

// fakeGateway keeps one call in memory; the function fields replace what a
// test wants to be different.
type fakeGateway struct {
	offer   func(channel.Offer) (string, error)
	serve   func(context.Context, call.Leg) (call.Result, error)
	outcome func() (channel.Outcome, error)
	now     func() time.Time

	outbound channel.Doer
	asked    bool

	url  string
	logs *bytes.Buffer
	log  *slog.Logger

	mu       sync.Mutex
	channels map[string]*channel.Live
	tickets  map[string]string // ticket to channel
	offers   []channel.Offer
	reports  []channel.Report
	refusals []channel.Refusal
	served   int
}

func (g *fakeGateway) Channel(kind, id string) (*channel.Live, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l, ok := g.channels[id]
	return l, ok && kind == api.KindTwilio
}

func (g *fakeGateway) Presented(string, string, string) (channel.Presented, bool) {
	return channel.Presented{}, false
}

func (g *fakeGateway) Members(string, string) map[string]*channel.Live { return nil }

func (g *fakeGateway) Once(context.Context, string, string, time.Duration) (bool, error) {
	return true, nil
}

func (g *fakeGateway) Endpoints() channel.Endpoints { return channel.Endpoints{PublicURL: g.url} }

func (g *fakeGateway) Refuse(_ context.Context, _ string, r channel.Refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusals = append(g.refusals, r)
}

func (g *fakeGateway) Offer(_ context.Context, _ *channel.Live, o channel.Offer) (string, error) {
	g.mu.Lock()
	g.offers = append(g.offers, o)
	g.mu.Unlock()
	if g.offer != nil {
		return g.offer(o)
	}
	return testCall, nil
}

func (g *fakeGateway) Ticket(context.Context, string, time.Duration) (secret.Value, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.tickets)
	ticket := secret.Generate("")
	g.tickets[ticket.Reveal()] = testChannel
	return ticket, nil
}

func (g *fakeGateway) Redeem(_ context.Context, channelID, ticket string) (channel.Offered, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tickets[ticket] != channelID {
		return channel.Offered{}, channel.ErrNotFound
	}
	delete(g.tickets, ticket)
	return channel.Offered{CallID: testCall, ProviderCallID: testSID, Account: testAccount}, nil
}

func (g *fakeGateway) Serve(ctx context.Context, _ string, l call.Leg) (call.Result, error) {
	g.mu.Lock()
	g.served++
	first := g.served == 1
	g.mu.Unlock()
	if !first {
		return call.Result{}, channel.ErrNotFound
	}
	return g.serve(ctx, l)
}

func (g *fakeGateway) Outcome(context.Context, string, string) (channel.Outcome, error) {
	return g.outcome()
}

func (g *fakeGateway) Report(_ context.Context, _, _ string, r channel.Report) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reports = append(g.reports, r)
	return nil
}

func (g *fakeGateway) Asked(context.Context, string, string) (bool, error) { return g.asked, nil }

func (g *fakeGateway) Hold(*channel.Live) (string, func(), error) { return testCall, func() {}, nil }

func (g *fakeGateway) Clients() channel.Clients { return nil }

func (g *fakeGateway) Outbound() channel.Doer { return g.outbound }

func (g *fakeGateway) Log() *slog.Logger { return g.log }
func (g *fakeGateway) Now() time.Time    { return g.now() }

// lastRefusal is what was refused last.
func (g *fakeGateway) lastRefusal(t *testing.T) channel.Refusal {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	require.NotEmpty(t, g.refusals)
	return g.refusals[len(g.refusals)-1]
}

// bundle is a fake gateway behind a real listener, and Twilio's side.
type bundle struct {
	*fakeGateway
	server *httptest.Server
	calls  sync.WaitGroup // handlers, upgraded ones too
	token  string         // signs what Twilio sends
}

// wait ends the server and waits for every handler.
func (b *bundle) wait() {
	b.server.Close()
	b.calls.Wait()
}

func setup(t testing.TB) *bundle {
	t.Helper()
	return setupWith(t, Kind{wait: shortWait}, nil)
}

// shortWait lets calls end soon about which nobody asks.
const shortWait = 100 * time.Millisecond

// setupWith also says where Twilio's REST API is and how it is reached.
func setupWith(t testing.TB, k Kind, outside channel.Doer) *bundle {
	t.Helper()
	logs := &bytes.Buffer{}
	g := &fakeGateway{
		now: time.Now, logs: logs, log: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		channels: map[string]*channel.Live{}, tickets: map[string]string{},
		serve: echo, outbound: outside,
	}
	g.configure(testChannel, liveAgent, channel.LiveSecret{Value: secret.New(testToken)})
	b := &bundle{fakeGateway: g, token: testToken}
	h := k.Handler(g)
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.calls.Add(1)
		defer b.calls.Done()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(b.wait)
	g.url = b.server.URL
	return b
}

func (g *fakeGateway) configure(id, liveAgent string, tokens ...channel.LiveSecret) {
	g.configureBody(id, &api.TwilioChannel{PhoneNumberToLiveAgent: liveAgent},
		map[string][]channel.LiveSecret{tokenSecret: tokens})
}

func (g *fakeGateway) configureBody(id string, body *api.TwilioChannel, secrets map[string][]channel.LiveSecret) {
	body.ID = id
	body.Defaults()
	assistant := api.Assistant{Name: "front desk"}
	assistant.Defaults()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.channels[id] = channel.NewLive(id, api.KindTwilio, body, assistant, true, secrets)
}

// echo sends back what it hears until the caller hangs up, and ends the leg.
func echo(ctx context.Context, l call.Leg) (call.Result, error) {
	for {
		in, err := l.Next()
		if err != nil {
			return call.Result{}, l.End(ctx, call.Ending{Reason: call.ReasonLegFailed})
		}
		switch in.Kind {
		case call.InputAudio:
			err = l.Write(in.Data)
		case call.InputHangup:
			return call.Result{}, l.End(ctx, call.Ending{Reason: call.ReasonCallerHangup})
		}
		if err != nil {
			return call.Result{}, err
		}
	}
}

// sign is written without the code under test, after the vendor's page.
func sign(token, target string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(mac, target)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		_, _ = io.WriteString(mac, name+form.Get(name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// form is a voice webhook's body.
func form(more ...string) url.Values {
	f := url.Values{
		"CallSid": {testSID}, "AccountSid": {testAccount}, "From": {"+15105550100"}, "To": {"+18885550199"},
		"Direction": {"inbound"}, "CallStatus": {"ringing"},
	}
	for i := 0; i < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// post sends a signed webhook to the channel.
func (b *bundle) post(t testing.TB, step string, f url.Values) (status int, body string) {
	t.Helper()
	target := b.url + "/c/twilio/" + testChannel + "/" + step
	return b.send(t, target, sign(b.token, target, f), f.Encode())
}

func (b *bundle) send(t testing.TB, target, signature, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", formType)
	r.Header.Set("X-Twilio-Signature", signature)
	res, err := b.server.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(answer)
}

// answer is TwiML as Twilio reads it.
type answer struct {
	XMLName xml.Name `xml:"Response"`
	Connect *struct {
		Action string `xml:"action,attr"`
		Method string `xml:"method,attr"`
		Stream struct {
			Attrs     []xml.Attr `xml:",any,attr"`
			Parameter struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			}
		}
	}
	Dial *struct {
		Action         string `xml:"action,attr"`
		AnswerOnBridge string `xml:"answerOnBridge,attr"`
		Timeout        string `xml:"timeout,attr"`
		CallerID       string `xml:"callerId,attr"`
		Number         string
		Sip            string
	}
	Say    string
	Hangup *struct{}
	Reject *struct{}
}

func (b *bundle) twiml(t testing.TB, step string, f url.Values) answer {
	t.Helper()
	status, body := b.post(t, step, f)
	require.Equal(t, http.StatusOK, status)
	var a answer
	require.NoError(t, xml.Unmarshal([]byte(body), &a), body)
	return a
}

// ticket asks voice for a stream and gives its URL.
func (b *bundle) ticket(t testing.TB) string {
	t.Helper()
	a := b.twiml(t, stepVoice, form())
	require.NotNil(t, a.Connect)
	return a.Connect.Stream.Attrs[0].Value
}

func (b *bundle) dial(t testing.TB, target string) (*websocket.Conn, int) {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), target,
		http.Header{"X-Twilio-Signature": {sign(b.token, target, nil)}})
	require.NotNil(t, res, err)
	_ = res.Body.Close()
	if err != nil {
		return nil, res.StatusCode
	}
	t.Cleanup(func() { _ = ws.Close() })
	return ws, res.StatusCode
}

// stream opens a call's stream up to "connected".
func (b *bundle) stream(t testing.TB) *twiliomedia.Platform {
	t.Helper()
	ws, status := b.dial(t, b.ticket(t))
	require.Equal(t, http.StatusSwitchingProtocols, status)
	p := twiliomedia.NewPlatform(ws)
	t.Cleanup(p.Close)
	require.NoError(t, p.Connected())
	return p
}

// running opens a call's stream up to "start".
func (b *bundle) running(t testing.TB) *twiliomedia.Platform {
	t.Helper()
	p := b.stream(t)
	require.NoError(t, p.Start(goodStart()))
	return p
}

func goodStart() twiliomedia.Start {
	return twiliomedia.Start{
		StreamSID: "MZ0123456789abcdef0123456789abcdef", AccountSID: testAccount, CallSID: testSID,
		Format: twiliomedia.Mulaw, CustomParameters: map[string]string{"call": testCall},
	}
}

// closeCode reads until the stream ends; 0 means without a close frame.
func closeCode(p *twiliomedia.Platform) int {
	p.ReadUntil(time.Now().Add(20 * time.Second))
	var m twiliomedia.Message
	for {
		if err := p.Read(&m); err != nil {
			code, _ := wsconn.Closed(err)
			return code
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
