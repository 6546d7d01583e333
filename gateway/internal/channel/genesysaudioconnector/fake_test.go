package genesysaudioconnector

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook/signature"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry/logtest"
)

// Most of a call is waiting, so more of them run at a time than there are cores.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err) // the testing package has lost its flag
	}
	goleak.VerifyTestMain(m)
}

const (
	testOwner   = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	otherOwner  = "grp_01JD8Z6V5B3W3T1H6R4M0X7Q2P"
	testCall    = "call_01JD8Z6V5B3W3T1H6R4M0X7Q2P"
	testKey     = "vak_0123456789abcdef"
	otherKey    = "vak_of_another_group"
	testSecret  = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="
	testSession = "30b0e395-84d3-4570-ac13-9a62d8f514c0"
	testOrg     = "d7934305-0972-4844-938e-9060eef73d05"
	patience    = 20 * time.Second
)

var testConnector = connectorID(testOwner)

// fakeGateway is what the kind asks of a gateway, in memory. Methods that it has
// not are never called.
type fakeGateway struct {
	channel.Gateway
	serve func(context.Context, call.Leg) (call.Result, error)
	url   string
	logs  *logtest.Buffer
	log   *slog.Logger

	mu       sync.Mutex
	live     *channel.Live
	used     map[string]bool
	holdErr  error
	offerErr error
	held     int // places
	offers   []channel.Offer
	refusals []channel.Refusal
	reports  []channel.Report
	served   int
}

func (g *fakeGateway) Members(_, owner string) map[string]*channel.Live {
	if owner != testOwner {
		return nil
	}
	return map[string]*channel.Live{testConnector: g.live}
}

func (g *fakeGateway) Presented(_, _, value string) (channel.Presented, bool) {
	for key, owner := range map[string]string{testKey: testOwner, otherKey: otherOwner} {
		if key == value {
			return newLive(owner, key).Generation(1, time.Now())
		}
	}
	return channel.Presented{}, false
}

// newLive is a channel with an owner's credentials.
func newLive(owner, key string) *channel.Live {
	body := &api.GenesysAudioConnectorChannel{}
	body.ID, body.CredentialsOwner = testOwner, owner
	body.Defaults()
	assistant := api.Assistant{Name: "front desk"}
	assistant.Defaults()
	secrets := map[string][]channel.LiveSecret{
		keySecret:    {{Value: secret.New(key), Generation: 1}},
		clientSecret: {{Value: secret.New(testSecret), Generation: 1}},
	}
	return channel.NewLive(testOwner, api.KindGenesysAudioConnector, body, assistant, true, secrets)
}

func (g *fakeGateway) Once(_ context.Context, scope, value string, _ time.Duration) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	first := !g.used[scope+value]
	g.used[scope+value] = true
	return first, nil
}

func (g *fakeGateway) Endpoints() channel.Endpoints { return channel.Endpoints{PublicURL: g.url} }

func (g *fakeGateway) Refuse(_ context.Context, _ string, r channel.Refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusals = append(g.refusals, r)
}

func (g *fakeGateway) Hold(*channel.Live) (string, func(), error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holdErr != nil {
		return "", nil, g.holdErr
	}
	g.held++
	var once sync.Once
	return testCall, func() {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.held--
		})
	}, nil
}

func (g *fakeGateway) Offer(_ context.Context, _ *channel.Live, o channel.Offer) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.offers = append(g.offers, o)
	return testCall, g.offerErr
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

func (g *fakeGateway) Log() *slog.Logger { return g.log }
func (g *fakeGateway) Now() time.Time    { return time.Now() }

// servedCalls is how many calls had an engine.
func (g *fakeGateway) servedCalls() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.served
}

// lastRefusal is what was refused last.
func (g *fakeGateway) lastRefusal(t *testing.T) channel.Refusal {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	require.NotEmpty(t, g.refusals)
	return g.refusals[len(g.refusals)-1]
}

// bundle is a fake gateway behind a real listener, with real calls.
type bundle struct {
	*fakeGateway
	server  *httptest.Server
	connect func() net.Conn // instead of the server, in virtual time
	engine  *talker
	calls   sync.WaitGroup // handlers, upgraded ones too
}

func setup(t testing.TB) *bundle {
	t.Helper()
	return setupWith(t, handler{openWait: openWait, engineWait: engineWait, disconnectWait: disconnectWait})
}

// setupWith shortens what the handler waits for.
func setupWith(t testing.TB, h handler) *bundle {
	t.Helper()
	b := newBundle()
	h.g = b.fakeGateway
	b.server = httptest.NewServer(b.counted(&h))
	b.url = b.server.URL
	t.Cleanup(b.wait)
	return b
}

// counted lets a test wait for every handler.
func (b *bundle) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.calls.Add(1)
		defer b.calls.Done()
		h.ServeHTTP(w, r)
	})
}

func newBundle() *bundle {
	logs := &logtest.Buffer{}
	b := &bundle{
		fakeGateway: &fakeGateway{
			live: newLive(testOwner, testKey), used: map[string]bool{}, logs: logs,
			log: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
		engine: &talker{opened: make(chan *conversation, 8)},
	}
	b.serve = b.call
	return b
}

// wait ends the server and waits for every handler.
func (b *bundle) wait() {
	b.server.Close()
	b.calls.Wait()
}

// call runs a whole call with the engine of the bundle.
func (b *bundle) call(ctx context.Context, l call.Leg) (call.Result, error) {
	s := call.Session{
		ID: testCall, Leg: l, Engine: b.engine, Log: b.log, LiveAgent: liveAgent, Config: call.Config{CallerFirst: true},
		Limits: call.Limits{FallbackToLiveAgent: true, DTMFInterrupts: true},
	}
	b.engine.session = &s
	return s.Run(ctx)
}

// request is an upgrade request that is going to be signed.
type request struct {
	signature.Request
	key, nonce string
	secret     []byte
	created    time.Time
}

// request makes a good one.
func (b *bundle) request(t testing.TB) *request {
	t.Helper()
	u, err := url.Parse(b.url)
	require.NoError(t, err)
	key, err := base64.StdEncoding.DecodeString(testSecret)
	require.NoError(t, err)
	return &request{
		Request: signature.Request{
			Target: pathPrefix + testOwner + "/" + testConnector, Host: u.Host,
			Header: http.Header{
				"Audiohook-Organization-Id": {testOrg},
				"Audiohook-Session-Id":      {testSession},
				"Audiohook-Correlation-Id":  {"e160e428-53e2-487c-977d-96989bf5c99d"},
			},
		},
		key: testKey, nonce: secret.Generate("").Reveal(), secret: key, created: time.Now(),
	}
}

// sign adds the signature.
func (r *request) sign(t testing.TB) *request {
	t.Helper()
	require.NoError(t, signature.Sign(r.Request, r.key, r.nonce, r.secret, r.created, time.Minute))
	return r
}

// dial makes a request, signed or not.
func (b *bundle) dial(t testing.TB, r *request) (*websocket.Conn, int) {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+r.Host+r.Target, r.Header)
	require.NotNil(t, res, err)
	_ = res.Body.Close()
	if err != nil {
		require.ErrorIs(t, err, websocket.ErrBadHandshake)
		return nil, res.StatusCode
	}
	t.Cleanup(func() { _ = ws.Close() })
	return ws, res.StatusCode
}

// client is the other end of a session.
type client struct {
	*audiohook.Client
	ws *websocket.Conn
	m  audiohook.Message
}

// upgraded is a session before "open".
func (b *bundle) upgraded(t testing.TB) *client {
	t.Helper()
	ws, status := b.dial(t, b.request(t).sign(t))
	require.Equal(t, http.StatusSwitchingProtocols, status)
	c := &client{Client: audiohook.NewClient(ws, testSession), ws: ws}
	t.Cleanup(c.Release)
	c.ReadUntil(time.Now().Add(patience))
	return c
}

// opened is a session up to "opened", and its conversation.
func (b *bundle) opened(t testing.TB) (*client, *conversation) {
	t.Helper()
	c := b.upgraded(t)
	require.NoError(t, c.Open(goodOpen()))
	require.Equal(t, audiohook.Opened, c.next(t).Kind)
	return c, b.engine.next(t)
}

func goodOpen() audiohook.OpenParameters {
	return audiohook.OpenParameters{
		OrganizationID: testOrg, ConversationID: "090eaa2f-72fa-480a-83e0-8667ff89c0ec",
		Participant: audiohook.Participant{
			ID: "883efee8-3d6c-4537-b500-6d7ca4b92fa0", ANI: "tel:+15105550100", ANIName: "Jane Doe", DNIS: "+18885550199",
		},
		Media: []audiohook.Media{audiohook.Offer(audiohook.FormatPCMU, audiohook.ChannelExternal)}, Language: "en-US",
	}
}

// next reads one message, which breaks no rule.
func (c *client) next(t testing.TB) *audiohook.Message {
	t.Helper()
	require.NoError(t, c.Read(&c.m))
	require.NotEqual(t, audiohook.Violation, c.m.Kind, c.m.Problem)
	return &c.m
}

// until reads up to a message of a kind.
func (c *client) until(t testing.TB, k audiohook.Kind) *audiohook.Message {
	t.Helper()
	for c.next(t).Kind != k {
	}
	return &c.m
}

// farewell is how a session ended.
type farewell struct {
	code        int // of the close frame, 0 without one
	disconnects int
	last        audiohook.Message // disconnect
	after       int               // messages of audio after it
	closed      bool
}

// rest reads to the end of the connection.
func (c *client) rest(t testing.TB) (f farewell) {
	t.Helper()
	for {
		err := c.Read(&c.m)
		if err != nil {
			f.code, _ = wsconn.Closed(err)
			return f
		}
		switch c.m.Kind {
		case audiohook.Disconnect:
			f.disconnects++
			f.last = c.m
		case audiohook.Audio:
			if f.disconnects > 0 || f.closed {
				f.after++
			}
		case audiohook.Closed:
			f.closed = true
		}
	}
}

// hangup ends a session the way a caller does, and waits for the gateway.
func (c *client) hangup(t testing.TB) {
	t.Helper()
	require.NoError(t, c.Close(audiohook.ReasonEnd))
	f := c.rest(t)
	require.True(t, f.closed)
	require.Equal(t, websocket.CloseNormalClosure, f.code)
	require.Zero(t, f.disconnects)
	require.Zero(t, f.after)
}

// sendText sends a text as it is.
func (c *client) sendText(t testing.TB, text string) {
	t.Helper()
	require.NoError(t, c.ws.WriteMessage(websocket.TextMessage, []byte(text)))
}

// envelope is a message as JavaScript writes it, with changes.
func envelope(kind string, seq int, changes ...string) string {
	text := `{"version":"2","id":"` + testSession + `","type":"` + kind + `","seq":` + strconv.Itoa(seq) +
		`,"serverseq":0,"position":"PT0S","parameters":{}}`
	return strings.NewReplacer(changes...).Replace(text)
}

// talker is an engine that hands its conversations to the test.
type talker struct {
	opened  chan *conversation
	open    func(context.Context) error // before a conversation is opened
	session *call.Session
}

func (*talker) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

func (e *talker) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	if e.open != nil {
		if err := e.open(ctx); err != nil {
			return nil, err
		}
	}
	conv := &conversation{
		config: c, events: make(chan call.Event, 4096), commands: make(chan call.Command, 256), closed: make(chan struct{}),
	}
	conv.events <- call.Event{Kind: call.EventReady}
	e.opened <- conv
	return conv, nil
}

// next waits for a conversation to be opened.
func (e *talker) next(t testing.TB) *conversation {
	t.Helper()
	select {
	case c := <-e.opened:
		return c
	case <-time.After(patience):
		require.FailNow(t, "no conversation was opened")
		return nil
	}
}

// conversation is one call seen from the engine.
type conversation struct {
	config   call.Config
	events   chan call.Event
	commands chan call.Command
	closed   chan struct{}
	once     sync.Once

	mu    sync.Mutex
	heard []byte
}

func (c *conversation) Write(frame []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, frame...)
	return nil
}

func (c *conversation) Do(_ context.Context, cmd call.Command) error {
	select {
	case c.commands <- cmd:
	default: // a test that does not look at commands
	}
	return nil
}

func (c *conversation) Events() <-chan call.Event { return c.events }

func (c *conversation) Close() { c.once.Do(func() { close(c.closed) }) }

// say speaks one utterance, as fast as it is taken.
func (c *conversation) say(item string, data []byte) {
	for len(data) > 0 {
		n := min(len(data), 1600)
		c.send(call.Event{Kind: call.EventAudio, Item: item, Data: data[:n]})
		data = data[n:]
	}
	c.send(call.Event{Kind: call.EventAudioDone, Item: item})
}

func (c *conversation) send(e call.Event) {
	select {
	case c.events <- e:
	case <-c.closed:
	}
}

func (c *conversation) tool(name, args string) {
	c.send(call.Event{Kind: call.EventToolCall, ID: "t1", Name: name, Args: args})
}

// audio is what was heard so far.
func (c *conversation) audio() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.heard)
}

// command waits for a command of a type.
func command[C call.Command](t *testing.T, c *conversation) C {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case cmd := <-c.commands:
			if want, ok := cmd.(C); ok {
				return want
			}
		case <-limit:
			var want C
			require.FailNowf(t, "missing command", "%T", want)
			return want
		}
	}
}

// tone is audio in which no piece is like another, and none like silence.
func tone(d time.Duration) []byte {
	data := make([]byte, audio.Mulaw8k.Bytes(d))
	for i := range data {
		data[i] = byte(i*7%250 + 1)
	}
	return data
}
