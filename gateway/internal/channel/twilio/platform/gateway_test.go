package platform_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "0123456789abcdef0123456789abcdef"

// gateway is a scripted answerer of calls. Its stream speaks plain JSON, so
// that the wire format of this project is not checked against itself.
type gateway struct {
	*httptest.Server
	stream func(t *testing.T, s *stream) // serves the media
	answer map[string]string             // TwiML by path; {base} and {ws} are the server's
	status map[string]int                // other than 200, by path

	mu       sync.Mutex
	requests []request
}

type request struct {
	path string
	form url.Values
}

func start(t *testing.T, g *gateway) *gateway {
	t.Helper()
	return startWith(t, g, httptest.NewServer)
}

func startWith(t *testing.T, g *gateway, serve func(http.Handler) *httptest.Server) *gateway {
	t.Helper()
	if g.answer == nil {
		g.answer = map[string]string{}
	}
	if g.answer["/voice"] == "" {
		g.answer["/voice"] = `<Response><Connect action="{base}/connect-action" method="POST">` +
			`<Stream url="{ws}/media/ticket" name="call_1" statusCallback="{base}/stream-status">` +
			`<Parameter name="call" value="call_1"/></Stream></Connect><Hangup/></Response>`
	}
	g.Server = serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(t, w, r) }))
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !signed(g.own(r), form, r.Header.Get("X-Twilio-Signature")) || r.Header.Get("Origin") != "" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	g.mu.Lock()
	g.requests = append(g.requests, request{r.URL.Path, form})
	g.mu.Unlock()
	if status := g.status[r.URL.Path]; status != 0 {
		w.WriteHeader(status)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/media/") {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		g.stream(t, &stream{ws: ws})
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	answer := strings.ReplaceAll(g.answer[r.URL.Path], "{base}", g.URL)
	_, _ = io.WriteString(w, strings.ReplaceAll(answer, "{ws}", "ws"+strings.TrimPrefix(g.URL, "http")))
}

// own is the URL that was given to Twilio.
func (g *gateway) own(r *http.Request) string {
	if r.Header.Get("Upgrade") != "" {
		return "ws" + strings.TrimPrefix(g.URL, "http") + r.URL.Path
	}
	return g.URL + r.URL.Path
}

func signed(target string, form url.Values, signature string) bool {
	var pairs []string
	for name := range form {
		pairs = append(pairs, name+form.Get(name))
	}
	slices.Sort(pairs) // the names here are no prefixes of one another
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(target + strings.Join(pairs, "")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)) == signature
}

// asked gives the requests to a path so far.
func (g *gateway) asked(path string) []url.Values {
	g.mu.Lock()
	defer g.mu.Unlock()
	var forms []url.Values
	for _, r := range g.requests {
		if r.path == path {
			forms = append(forms, r.form)
		}
	}
	return forms
}

func (g *gateway) placement() channel.Placement {
	return channel.Placement{
		Body:        &api.TwilioChannel{URL: g.URL + "/voice", StatusCallbackURL: g.URL + "/status"},
		Credentials: map[string]string{"authentication_token": token},
		From:        "+14155550100", To: "+14155550199",
	}
}

// stream is the gateway's end of a media stream.
type stream struct {
	ws  *websocket.Conn
	sid string
}

// read gives the next message as plain JSON; nil at the end.
func (s *stream) read(t *testing.T) map[string]any {
	t.Helper()
	_, data, err := s.ws.ReadMessage()
	if err != nil {
		return nil
	}
	var m map[string]any
	require.NoError(t, json.Unmarshal(data, &m))
	if m["event"] == "start" {
		s.sid = m["streamSid"].(string)
	}
	return m
}

// until reads until an event comes and gives its message.
func (s *stream) until(t *testing.T, event string) map[string]any {
	t.Helper()
	for m := s.read(t); m != nil; m = s.read(t) {
		if m["event"] == event {
			return m
		}
	}
	return nil
}

func (s *stream) send(t *testing.T, message map[string]any) {
	t.Helper()
	message["streamSid"] = s.sid
	require.NoError(t, s.ws.WriteJSON(message))
}

func (s *stream) media(t *testing.T, sound []byte) {
	t.Helper()
	payload := base64.StdEncoding.EncodeToString(sound)
	s.send(t, map[string]any{"event": "media", "media": map[string]any{"payload": payload}})
}

func (s *stream) mark(t *testing.T, name string) {
	t.Helper()
	s.send(t, map[string]any{"event": "mark", "mark": map[string]any{"name": name}})
}

// close says goodbye and reads until the other end has, too.
func (s *stream) close(t *testing.T, code int) {
	t.Helper()
	require.NoError(t, s.ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(code, "")))
	for s.read(t) != nil {
	}
}
