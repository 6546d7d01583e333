package userbottest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// maxLines is how many connections nobody has looked at yet.
const maxLines = 100

// Bot is a server whose connections are served by a function, each by its own
// call.
type Bot struct {
	server *httptest.Server
	path   string
	lines  chan *Line
}

// Listen starts a bot; path is that of its address. It is stopped with the test,
// when every connection was served.
func Listen(t *testing.T, path string, serve func(*Line)) *Bot {
	t.Helper()
	b := &Bot{path: path, lines: make(chan *Line, maxLines)}
	var open sync.WaitGroup
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Done()
		u := websocket.Upgrader{}
		ws, err := u.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		l := &Line{T: t, Request: r, Conn: ws}
		b.lines <- l
		serve(l)
	}))
	t.Cleanup(func() {
		b.server.Close()
		open.Wait()
	})
	return b
}

// URL is the address of the bot.
func (b *Bot) URL() string { return "ws" + strings.TrimPrefix(b.server.URL, "http") + b.path }

// Next is the next connection.
func (b *Bot) Next() *Line { return <-b.lines }

// Line is a bot's end of one connection.
type Line struct {
	T       *testing.T
	Request *http.Request // of the handshake
	Conn    *websocket.Conn

	mu  sync.Mutex
	raw []string
}

// Read reads the next message, a JSON object, into v; ok is false at the end.
func (l *Line) Read(v any) (ok bool) {
	_, msg, err := l.Conn.ReadMessage()
	if err != nil {
		return false
	}
	l.mu.Lock()
	l.raw = append(l.raw, string(msg))
	l.mu.Unlock()
	if err := json.Unmarshal(msg, v); err != nil {
		l.T.Errorf("%s: %v", msg, err)
		return false
	}
	return true
}

// Transcript is every message that was read so far.
func (l *Line) Transcript() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.raw)
}

// Send sends a message. The connection may have ended.
func (l *Line) Send(message string) { _ = l.Conn.WriteMessage(websocket.TextMessage, []byte(message)) }

// Close begins to close the connection with a code.
func (l *Line) Close(code int) {
	_ = l.Conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
}
