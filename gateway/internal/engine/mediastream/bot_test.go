package mediastream_test

import (
	"encoding/base64"
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
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

// said is what a bot heard from the platform, read without the gateway's own
// decoder.
type said struct {
	Event          string
	SequenceNumber string
	StreamSID      string `json:"streamSid"`
	Media          struct{ Payload string }
	Start          struct {
		CustomParameters map[string]string
	}
	Mark struct{ Name string }
	DTMF struct{ Digit string }
}

// line is a bot's end of one stream.
type line struct {
	t   *testing.T
	ws  *websocket.Conn
	req *http.Request
	sid string

	mu  sync.Mutex
	raw []string
}

// bot is a server whose streams are served by serve, one after the other.
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

func (b *bot) url() string { return "ws" + strings.TrimPrefix(b.URL, "http") + "/streams" }

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
	if s.Event == "start" {
		l.sid = s.StreamSID
	}
	return s, true
}

// until reads to the next message of a kind.
func (l *line) until(event string) (s said, ok bool) {
	for {
		if s, ok = l.next(); !ok || s.Event == event {
			return s, ok
		}
	}
}

func (l *line) transcript() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.raw...)
}

func (l *line) send(text string) {
	_ = l.ws.WriteMessage(websocket.TextMessage, []byte(strings.ReplaceAll(text, "SID", l.sid)))
}

func (l *line) media(data []byte) {
	l.send(`{"event":"media","streamSid":"SID","media":{"payload":"` + base64.StdEncoding.EncodeToString(data) + `"}}`)
}

func (l *line) mark(name string) {
	l.send(`{"event":"mark","streamSid":"SID","mark":{"name":"` + name + `"}}`)
}

func (l *line) clear() { l.send(`{"event":"clear","streamSid":"SID"}`) }

func (l *line) close(code int) {
	_ = l.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
}

// talking greets unless it is not to, is interrupted by the caller and answers
// every turn with a tone.
func talking(l *line) {
	vad := audio.NewVAD(8000, audio.VADConfig{})
	for {
		s, ok := l.next()
		if !ok {
			return
		}
		switch s.Event {
		case "start":
			if s.Start.CustomParameters["caller_first"] == "" {
				l.media(enginetest.Tone(audio.Mulaw8k, time.Second))
				l.mark("greeting")
			}
		case "media":
			data, err := base64.StdEncoding.DecodeString(s.Media.Payload)
			if err != nil {
				l.t.Error(err)
			}
			switch vad.Frame(audio.PCMU.AppendDecode(nil, data)).Change {
			case audio.SpeechStarted:
				l.clear()
			case audio.SpeechStopped:
				l.media(enginetest.Tone(audio.Mulaw8k, 500*time.Millisecond))
			}
		}
	}
}

func tone(d time.Duration) []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(d))
	for i := range b {
		b[i] = byte(i%40) + 1
	}
	return b
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

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func dialer(t testing.TB) *outbound.Client {
	t.Helper()
	c := outbound.New(loopback, nil)
	t.Cleanup(c.Close)
	return c
}
