package conversationrelay_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

// said is what a bot is told, read without the gateway's own types.
type said struct {
	Type                     string
	CustomParameters         map[string]string
	VoicePrompt, Lang        string
	Digit                    string
	UtteranceUntilInterrupt  string
	DurationUntilInterruptMs int64
	Description              string
}

// line is a bot's end of one session.
type line struct {
	t   *testing.T
	ws  *websocket.Conn
	req *http.Request

	mu  sync.Mutex
	raw []string
}

type bot struct {
	*httptest.Server
	lines chan *line
}

func listen(t *testing.T, serve func(*line)) *bot {
	t.Helper()
	b := &bot{lines: make(chan *line, 100)}
	var open sync.WaitGroup
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Done()
		u := websocket.Upgrader{}
		ws, err := u.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		l := &line{t: t, ws: ws, req: r}
		b.lines <- l
		serve(l)
	}))
	t.Cleanup(func() {
		b.Close()
		open.Wait()
	})
	return b
}

func (b *bot) url() string { return "ws" + strings.TrimPrefix(b.URL, "http") + "/relay" }

// next is the next message; ok is false at the end.
func (l *line) next() (s said, ok bool) {
	_, msg, err := l.ws.ReadMessage()
	if err != nil {
		return s, false
	}
	l.mu.Lock()
	l.raw = append(l.raw, string(msg))
	l.mu.Unlock()
	if err := json.Unmarshal(msg, &s); err != nil {
		l.t.Errorf("%s: %v", msg, err)
		return s, false
	}
	return s, true
}

func (l *line) until(kind string) (s said, ok bool) {
	for {
		if s, ok = l.next(); !ok || s.Type == kind {
			return s, ok
		}
	}
}

func (l *line) transcript() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.raw...)
}

func (l *line) send(messages ...string) {
	for _, m := range messages {
		_ = l.ws.WriteMessage(websocket.TextMessage, []byte(m))
	}
}

func (l *line) text(token string, last bool) {
	b, err := json.Marshal(map[string]any{"type": "text", "token": token, "last": last})
	if err != nil {
		l.t.Error(err)
	}
	l.send(string(b))
}

func (l *line) close(code int) {
	_ = l.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
}

// talking answers every prompt, in pieces as a model gives them; 0 hands over and
// # ends.
func talking(l *line) {
	for {
		s, ok := l.next()
		if !ok {
			return
		}
		switch {
		case s.Type == "prompt":
			l.text("You said: ", false)
			l.text(s.VoicePrompt+" Is that", false)
			l.text(" right?", true)
		case s.Digit == "0":
			l.text("One moment.", true)
			l.send(`{"type":"end","handoffData":"{\"reason\":\"caller\"}"}`)
		case s.Digit == "#":
			l.text("Goodbye.", true)
			l.send(`{"type":"end"}`)
		}
	}
}

// spoken is a committed utterance.
func spoken(t testing.TB, f audio.Format) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "speech", "testdata", "agent.ulaw"))
	require.NoError(t, err)
	b, err := audio.DecodeSound(audio.Mulaw8k, data).Encode(f)
	require.NoError(t, err)
	return b
}

func outside(t testing.TB) *outbound.Client {
	t.Helper()
	c := outbound.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil)
	t.Cleanup(c.Close)
	return c
}
