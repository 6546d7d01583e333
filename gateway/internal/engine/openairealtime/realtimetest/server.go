package realtimetest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

// Behaviour is what the server does with a turn of the caller.
type Behaviour uint8

// Behaviours.
const (
	Echo   Behaviour = iota // says what the caller said
	Burst                   // answers with Server.Burst of a tone, at once
	Stall                   // never answers
	Fail                    // answers with a failed response
	GoAway                  // closes with code 1001
)

// Keys, told in a text item, that make it call a function.
const (
	TransferKey = "0" // transfer_call
	EndKey      = "#" // end_call
)

// Server is the server. Its fields are set before the first connection.
type Server struct {
	Behaviour Behaviour
	// Key must be presented as a bearer token.
	Key string
	// Think delays every answer.
	Think time.Duration
	// Burst is how long an answer of that behaviour lasts.
	Burst time.Duration
	// Beta uses the event names of the beta.
	Beta bool
	// Silent never accepts a configuration.
	Silent bool
	// Script, if set, sends these messages as they are once the session is
	// configured.
	Script []string
	// Format, if set, is what session.updated tells instead of what was asked.
	Format string
	// Speak gives the sound of a text; nil is a tone of half a second.
	Speak func(text string) audio.Sound

	mu      sync.Mutex
	events  []string // types of the client events
	errors  []string // codes of the errors it answered
	updates []string // every session.update
	texts   []string // of items
	conns   int
}

// Start serves on loopback; url is a ws URL.
func (s *Server) Start() (url string, stop func()) {
	server := httptest.NewServer(s)
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/v1/realtime", server.Close
}

// Events lists the types of the client events of all connections, audio left
// out.
func (s *Server) Events() []string { return s.list(&s.events) }

// Errors lists the codes of the error events that were answered.
func (s *Server) Errors() []string { return s.list(&s.errors) }

// Updates lists the session.update events.
func (s *Server) Updates() []string { return s.list(&s.updates) }

// Texts lists the texts of the items that clients made.
func (s *Server) Texts() []string { return s.list(&s.texts) }

// Connections counts the connections that were accepted.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

func (s *Server) list(of *[]string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), *of...)
}

func (s *Server) note(to *[]string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*to = append(*to, text)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+s.Key:
		http.Error(w, "incorrect API key provided", http.StatusUnauthorized)
		return
	case r.URL.Query().Get("model") == "" || r.Header.Get("OpenAI-Beta") != "":
		http.Error(w, "no model, or a header of the beta", http.StatusBadRequest)
		return
	}
	var u websocket.Upgrader
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	newSession(s, ws).serve()
}
