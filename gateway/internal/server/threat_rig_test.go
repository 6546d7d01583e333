package server_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"database/sql"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

const (
	patience   = 20 * time.Second
	liveAgent  = "+14155550123"
	fromNumber = "+14155550147"
	toNumber   = "+14155550189"
	account    = "AC00000000000000000000000000000001"
)

// spy is the echo engine under observation: it counts its conversations and
// lets a test speak for them.
type spy struct {
	enginetest.Echo
	opened chan *spied
}

func (s spy) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	conv, err := s.Echo.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	spied := &spied{
		Conversation: conv, config: c, events: make(chan call.Event, 256), results: make(chan call.ToolResult, 256),
		closed: make(chan struct{}),
	}
	spied.relaying.Go(spied.relay)
	s.opened <- spied
	return spied, nil
}

// spied is a conversation of the echo engine to which a test can add events.
type spied struct {
	call.Conversation
	config   call.Config
	events   chan call.Event
	results  chan call.ToolResult
	closed   chan struct{}
	closing  sync.Once
	relaying sync.WaitGroup
	mu       sync.Mutex // guards ended and sending to events
	ended    bool
}

func (s *spied) relay() {
	for e := range s.Conversation.Events() {
		s.say(e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	close(s.events)
}

// say adds an event.
func (s *spied) say(e call.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	select {
	case s.events <- e:
	case <-s.closed:
	}
}

func (s *spied) Events() <-chan call.Event { return s.events }

func (s *spied) Do(ctx context.Context, c call.Command) error {
	if r, ok := c.(call.ToolResult); ok {
		s.results <- r
	}
	return s.Conversation.Do(ctx, c)
}

func (s *spied) Close() {
	s.closing.Do(func() { close(s.closed) })
	s.Conversation.Close()
	s.relaying.Wait()
}

// rig is a gateway with two channels of the same kind.
type rig struct {
	*gatewaytest.Gateway
	t      *testing.T
	dir    string
	opened chan *spied
	a, b   *api.TwilioChannel
}

func newRig(t *testing.T, options ...gatewaytest.Option) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	r.start(options...)
	var a api.Assistant
	require.NoError(t, r.Client.Post(t.Context(), "/v1/assistants", api.Assistant{
		Name: "guarded", Transfers: map[string]api.Transfer{"desk": {Destination: "sip:desk@example.com"}},
	}, &a, api.Write{}))
	r.a, r.b = r.channel(a.ID), r.channel(a.ID)
	return r
}

// start starts the gateway, or starts it again on the same data.
func (r *rig) start(options ...gatewaytest.Option) {
	r.t.Helper()
	s := spy{enginetest.Echo{Greeting: 300 * time.Millisecond}, make(chan *spied, 64)}
	r.opened = s.opened
	r.Gateway = gatewaytest.Start(r.t, append(options,
		gatewaytest.WithDataDir(r.dir), gatewaytest.WithEngine(api.EngineKindScripted, s))...)
}

// restart stops the gateway and starts another one on the same data, at
// another address.
func (r *rig) restart() {
	r.t.Helper()
	r.Stop()
	r.start()
	for _, c := range []*api.TwilioChannel{r.a, r.b} {
		secrets := c.Credentials
		require.NoError(r.t, r.Client.Get(r.t.Context(), "/v1/channels/"+c.ID+"/twilio", c))
		c.Credentials = secrets
	}
}

func (r *rig) channel(assistantID string) *api.TwilioChannel {
	r.t.Helper()
	c := &api.TwilioChannel{}
	require.NoError(r.t, r.Client.Post(r.t.Context(), "/v1/channels/twilio", api.TwilioChannel{
		Channel:                api.Channel{AssistantID: assistantID, ProviderApplication: "threat"},
		PhoneNumberToLiveAgent: liveAgent,
		AuthenticationToken:    rand.Text() + rand.Text(),
	}, c, api.Write{}))
	return c
}

func secretOf(c *api.TwilioChannel) string { return c.Credentials["authentication_token"] }

// rotate gives a channel another token; the old one ends after overlap.
func (r *rig) rotate(c *api.TwilioChannel, overlap time.Duration) *api.TwilioChannel {
	r.t.Helper()
	in, out := *c, &api.TwilioChannel{}
	in.Credentials, in.AuthenticationToken = nil, rand.Text()+rand.Text()
	in.RotationOverlap = new(api.Duration(overlap))
	require.NoError(r.t, r.Client.Put(r.t.Context(), "/v1/channels/"+c.ID+"/twilio", in, out, api.Write{}))
	return out
}

// dial places a call on channel a as the platform does.
func (r *rig) dial() channel.Line {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 3*patience)
	r.t.Cleanup(cancel)
	for _, k := range channelall.Kinds() {
		if k.Name() != api.KindTwilio {
			continue
		}
		line, err := k.Kind.(channel.Dialer).Dial(ctx, channel.Placement{
			Body: r.a, Credentials: r.a.Credentials, From: fromNumber, To: toNumber,
		})
		require.NoError(r.t, err)
		r.t.Cleanup(line.Hangup)
		return line
	}
	require.FailNow(r.t, "no such kind")
	return nil
}

// conversation is the one of the call placed last.
func (r *rig) conversation() *spied {
	r.t.Helper()
	select {
	case c := <-r.opened:
		return c
	case <-time.After(patience):
		require.FailNow(r.t, "the engine was not opened")
		return nil
	}
}

// hangUp ends a call and waits for its record.
func (r *rig) hangUp(line channel.Line) api.Call {
	r.t.Helper()
	line.Hangup()
	return r.ended(line)
}

// ended waits for the end of a call and for its record.
func (r *rig) ended(line channel.Line) api.Call {
	r.t.Helper()
	r.lineEnd(line)
	return r.record(line.ProviderCallID())
}

func (r *rig) lineEnd(line channel.Line) channel.LineEnd {
	r.t.Helper()
	var listening sync.WaitGroup
	listening.Go(func() {
		for range line.Heard() {
		}
	})
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	end, err := line.Wait(ctx)
	require.NoError(r.t, err)
	listening.Wait()
	return end
}

func (r *rig) record(sid string) api.Call {
	r.t.Helper()
	path := "/v1/calls?channel_id=" + r.a.ID + "&provider_call_id=" + sid
	var page api.Page[api.Call]
	require.Eventually(r.t, func() bool {
		return r.Client.Get(r.t.Context(), path, &page) == nil && len(page.Items) == 1 && page.Items[0].EndedAt != nil
	}, patience, 20*time.Millisecond)
	return page.Items[0]
}

// works places an ordinary call: the engine is opened, the greeting is heard,
// the hangup is recorded.
func (r *rig) works() {
	r.t.Helper()
	require.Empty(r.t, r.opened, "an attack reached the engine")
	line := r.dial()
	r.conversation()
	limit := time.After(patience)
	for spoken := 0; spoken < 10; {
		select {
		case h, ok := <-line.Heard():
			require.True(r.t, ok, "the call ended")
			if !silent(h.Frame) {
				spoken++
			}
		case <-limit:
			require.FailNow(r.t, "no greeting was heard")
		}
	}
	require.Equal(r.t, string(call.ReasonCallerHangup), r.hangUp(line).EndReason)
}

func silent(frame []byte) bool {
	silence := make([]byte, len(frame))
	audio.Mulaw8k.Silence(silence)
	return bytes.Equal(frame, silence)
}

// sign is the vendor's algorithm, see
// https://www.twilio.com/docs/usage/security.
func sign(token, target string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(target))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func newSID() string { return "CA" + rand.Text() }

// about is the form of a webhook about a call, with more parameters in pairs.
func about(sid string, more ...string) url.Values {
	form := url.Values{"CallSid": {sid}, "AccountSid": {account}, "From": {fromNumber}, "To": {toNumber}}
	for pair := range slices.Chunk(more, 2) {
		form.Set(pair[0], pair[1])
	}
	return form
}

// step is the URL of a webhook of a channel.
func (r *rig) step(c *api.TwilioChannel, step string) string {
	return r.PublicURL + "/c/twilio/" + c.ID + "/" + step
}

// here leads a URL to this gateway, also when several share the public URL.
func (r *rig) here(target string) string {
	return strings.Replace(target, strings.TrimPrefix(r.PublicURL, "http://"), r.Address, 1)
}

// post sends a webhook; an empty signature is left out.
func (r *rig) post(target, signature string, form url.Values) (status int, body string) {
	r.t.Helper()
	body = form.Encode()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.here(target), strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if signature != "" {
		req.Header.Set("X-Twilio-Signature", signature)
	}
	res, err := gatewaytest.HTTP.Do(req)
	require.NoError(r.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	return res.StatusCode, string(answer)
}

// ask sends a good webhook.
func (r *rig) ask(c *api.TwilioChannel, step string, form url.Values) string {
	r.t.Helper()
	target := r.step(c, step)
	status, body := r.post(target, sign(secretOf(c), target, form), form)
	require.Equal(r.t, http.StatusOK, status)
	return body
}

// gaveUp tells the gateway that a caller hung up before the media connected.
func (r *rig) gaveUp(c *api.TwilioChannel, sid string) {
	r.t.Helper()
	r.ask(c, "status", about(sid, "CallStatus", "completed"))
}

// streamURL is where an answer sends the media; empty if it does not.
func streamURL(t *testing.T, twiml string) string {
	t.Helper()
	var answer struct {
		Stream struct {
			URL string `xml:"url,attr"`
		} `xml:"Connect>Stream"`
	}
	require.NoError(t, xml.Unmarshal([]byte(twiml), &answer))
	return answer.Stream.URL
}

// upgrade opens a stream; ws is nil when it is refused.
func (r *rig) upgrade(target, signature string) (ws *websocket.Conn, status int) {
	r.t.Helper()
	header := http.Header{}
	if signature != "" {
		header.Set("X-Twilio-Signature", signature)
	}
	d := websocket.Dialer{HandshakeTimeout: patience}
	ws, res, err := d.DialContext(r.t.Context(), r.here(target), header)
	if errors.Is(err, websocket.ErrBadHandshake) {
		defer res.Body.Close()
		return nil, res.StatusCode
	}
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = ws.Close() })
	return ws, http.StatusSwitchingProtocols
}

// stream is a raw started stream of channel a, for what a Line never does.
func (r *rig) stream() (ws *websocket.Conn, streamSID, callSID string) {
	r.t.Helper()
	callSID, streamSID = newSID(), "MZ"+rand.Text()
	target := streamURL(r.t, r.ask(r.a, "voice", about(callSID)))
	ws, status := r.upgrade(target, sign(secretOf(r.a), target, nil))
	require.Equal(r.t, http.StatusSwitchingProtocols, status)
	start := twiliomedia.AppendStart(nil, 1, &twiliomedia.Start{
		StreamSID: streamSID, AccountSID: account, CallSID: callSID, Format: twiliomedia.Mulaw,
	})
	require.NoError(r.t, ws.WriteMessage(websocket.TextMessage, start))
	return ws, streamSID, callSID
}

// database is a second connection to the gateway's SQLite file.
func (r *rig) database() *sql.DB {
	r.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(r.dir, "va.db")+"?_pragma=busy_timeout(5000)")
	require.NoError(r.t, err)
	r.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (r *rig) exec(db *sql.DB, statement string, args ...any) {
	r.t.Helper()
	_, err := db.ExecContext(r.t.Context(), statement, args...)
	require.NoError(r.t, err)
}

// admin sends a raw request to the admin API.
func (r *rig) admin(method, path, token, body string, header ...string) (status int, answer string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.AdminURL+path, strings.NewReader(body))
	require.NoError(r.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	res, err := gatewaytest.HTTP.Do(req)
	require.NoError(r.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	return res.StatusCode, string(text)
}
