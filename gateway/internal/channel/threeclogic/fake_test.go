package threeclogic

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	testChannel = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	testClient  = "va_cl_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	testSecret  = "vas_a-very-secret-secret"
	testToken   = "good.token"
	narrowToken = "token.without.the.scope"
)

// fakeGateway keeps one channel in memory; the function fields replace what a
// test wants to be different. Methods it does not have are not called.
type fakeGateway struct {
	channel.Gateway

	hold  func() error
	offer func(channel.Offer) (string, error)
	serve func(context.Context, call.Leg) (call.Result, error)
	now   func() time.Time

	mu       sync.Mutex
	live     *channel.Live
	used     map[string]bool
	checked  int // secrets and tokens that were looked at
	offers   []channel.Offer
	reports  []channel.Report
	refusals []channel.Refusal
	served   int
	released int
	logs     bytes.Buffer
}

func newGateway(change func(*api.ThreeCLogicChannel)) *fakeGateway {
	g := &fakeGateway{used: map[string]bool{}, now: time.Now}
	g.configure(change)
	return g
}

// configure replaces the channel.
func (g *fakeGateway) configure(change func(*api.ThreeCLogicChannel)) {
	c := &api.ThreeCLogicChannel{Channel: api.Channel{ID: testChannel}}
	if change != nil {
		change(c)
	}
	c.Defaults()
	Kind{}.Outputs(c, channel.Endpoints{PublicURL: "http://127.0.0.1"})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.live = channel.NewLive(testChannel, api.KindThreeCLogic, c, api.Assistant{}, true,
		map[string][]channel.LiveSecret{channel.ClientSecret: {{Value: secret.New(testSecret)}}})
}

func (g *fakeGateway) Channel(kind, id string) (*channel.Live, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.live, g.live != nil && kind == api.KindThreeCLogic && id == testChannel
}

func (g *fakeGateway) Clients() channel.Clients { return g }

func (g *fakeGateway) Token(_ context.Context, token, channelID, _ string) (channel.Client, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.checked++
	switch {
	case channelID != testChannel:
	case token == narrowToken:
		return channel.Client{}, channel.ErrScope
	case token == testToken:
		return channel.Client{ID: testClient, ChannelID: testChannel}, nil
	}
	return channel.Client{}, channel.ErrCredentials
}

func (g *fakeGateway) Secret(_ *http.Request, clientID, presented string) (channel.Client, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.checked++
	switch {
	case clientID == "guesser":
		return channel.Client{}, &channel.WaitError{After: 1500 * time.Millisecond}
	case clientID == "other" && presented == testSecret:
		return channel.Client{ID: "other", ChannelID: "chn_other"}, nil
	case clientID == testClient && presented == testSecret:
		return channel.Client{ID: testClient, ChannelID: testChannel}, nil
	}
	return channel.Client{}, channel.ErrCredentials
}

func (g *fakeGateway) Once(_ context.Context, scope, value string, _ time.Duration) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := !g.used[scope+value]
	g.used[scope+value] = true
	return first, nil
}

func (g *fakeGateway) Refuse(_ context.Context, _ string, r channel.Refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusals = append(g.refusals, r)
}

func (g *fakeGateway) Hold(*channel.Live) (string, func(), error) {
	if g.hold != nil {
		if err := g.hold(); err != nil {
			return "", nil, err
		}
	}
	return "call_held", func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.released++
	}, nil
}

func (g *fakeGateway) Offer(_ context.Context, _ *channel.Live, o channel.Offer) (string, error) {
	g.mu.Lock()
	g.offers = append(g.offers, o)
	g.mu.Unlock()
	if g.offer != nil {
		return g.offer(o)
	}
	return o.Held, nil
}

func (g *fakeGateway) Serve(ctx context.Context, _ string, l call.Leg) (call.Result, error) {
	g.mu.Lock()
	g.served++
	g.mu.Unlock()
	return g.serve(ctx, l)
}

func (g *fakeGateway) Report(_ context.Context, _, _ string, r channel.Report) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reports = append(g.reports, r)
	return nil
}

func (g *fakeGateway) Log() *slog.Logger {
	return slog.New(slog.NewTextHandler(&lockedWriter{g}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (g *fakeGateway) Now() time.Time { return g.now() }

type lockedWriter struct{ g *fakeGateway }

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.g.mu.Lock()
	defer w.g.mu.Unlock()
	return w.g.logs.Write(b)
}

// logged is everything that was logged so far.
func (g *fakeGateway) logged() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.logs.String()
}

// offered are the calls that wanted in.
func (g *fakeGateway) offered() []channel.Offer {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.offers)
}

// calls is how many calls were served, work how many credentials were checked.
func (g *fakeGateway) calls() int { g.mu.Lock(); defer g.mu.Unlock(); return g.served }
func (g *fakeGateway) work() int  { g.mu.Lock(); defer g.mu.Unlock(); return g.checked }

// lastRefusal is what was refused last.
func (g *fakeGateway) lastRefusal() channel.Refusal {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.refusals) == 0 {
		return channel.Refusal{}
	}
	return g.refusals[len(g.refusals)-1]
}

// quick are times for tests that wait for them to be over.
var quick = times{
	first: time.Second, media: time.Second, resume: 500 * time.Millisecond, revoked: 20 * time.Millisecond,
	goodbye: 500 * time.Millisecond, idle: 2 * time.Second, start: 2 * time.Second, write: 500 * time.Millisecond,
}

// listen serves the kind on a real socket and gives its URL.
func (g *fakeGateway) listen(t *testing.T, t2 *times) string {
	t.Helper()
	srv := httptest.NewServer(Kind{times: t2}.Handler(g))
	t.Cleanup(srv.Close)
	return srv.URL + "/c/3clogic/" + testChannel
}

// peer is the other end of a stream, message by message.
type peer struct {
	t  *testing.T
	ws *websocket.Conn
}

// connect opens a stream with good credentials.
func connect(t *testing.T, url string) *peer {
	t.Helper()
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(testClient, testSecret)
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(url, "http", "ws", 1), r.Header)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	t.Cleanup(func() { _ = ws.Close() })
	return &peer{t, ws}
}

func (p *peer) send(messages ...string) {
	p.t.Helper()
	for _, m := range messages {
		require.NoError(p.t, p.ws.WriteMessage(websocket.TextMessage, []byte(m)))
	}
}

// next is the next message.
func (p *peer) next() string {
	p.t.Helper()
	require.NoError(p.t, p.ws.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, msg, err := p.ws.ReadMessage()
	require.NoError(p.t, err)
	return string(msg)
}

// closed reads on until the connection ends and gives the code and the reason.
func (p *peer) closed() (int, string) {
	p.t.Helper()
	require.NoError(p.t, p.ws.SetReadDeadline(time.Now().Add(10*time.Second)))
	for {
		_, _, err := p.ws.ReadMessage()
		var c *websocket.CloseError
		if err != nil {
			require.ErrorAs(p.t, err, &c)
			return c.Code, c.Text
		}
	}
}

// hear reads the leg until it ends and gives each input to then, which may be
// nil.
func hear(l call.Leg, then func(call.Input)) error {
	for {
		in, err := l.Next()
		if err != nil || in.Kind == call.InputHangup {
			return err
		}
		if then != nil {
			then(in)
		}
	}
}

// hold serves a call until the platform ends it.
func hold(ctx context.Context, l call.Leg) (call.Result, error) {
	if r, ok := l.(call.Ringing); ok {
		if err := r.Answer(); err != nil {
			return call.Result{}, err
		}
	}
	err := hear(l, nil)
	end := call.Ending{Reason: call.ReasonCallerHangup, Outcome: call.OutcomeCallerHangup}
	_ = l.End(ctx, end)
	return call.Result{Ending: end}, err
}

const (
	mediaStart = `{"event":"start","sequenceNumber":"1","streamSid":"s1","start":{"accountSid":"a1","streamSid":"s1",` +
		`"callSid":"c1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}`
	mediaStop = `{"event":"stop","sequenceNumber":"9","streamSid":"s1","stop":{"accountSid":"a1","callSid":"c1"}}`
	botStart  = `{"type":"session.initiate","conversationId":"c1","caller":"+493012345",` +
		`"supportedMediaFormats":["raw/lpcm16"]}`
	botEnd = `{"type":"session.end","conversationId":"c1","reasonCode":"1","reason":"gone"}`
)

func taken(channel.Offer) (string, error) { return "", channel.ErrNotFound }
