package threeclogic

import "sync"

// sessions are the calls in the AudioCodes framing that run in this process: a
// lost connection may come back to one. mu guards them.
type sessions struct {
	mu    sync.Mutex
	calls map[sessionKey]*botLeg
}

// sessionKey finds a call only for the client that began it.
type sessionKey struct{ channelID, clientID, conversationID string }

func newSessions() *sessions { return &sessions{calls: map[sessionKey]*botLeg{}} }

func (s *sessions) add(k sessionKey, l *botLeg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[k] = l
}

func (s *sessions) remove(k sessionKey, l *botLeg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[k] == l {
		delete(s.calls, k)
	}
}

func (s *sessions) find(k sessionKey) (*botLeg, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.calls[k]
	return l, ok
}

// awaits reports whether a call of a client has lost its connection.
func (s *sessions) awaits(channelID, clientID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, l := range s.calls {
		if k.channelID == channelID && k.clientID == clientID && l.awaits() {
			return true
		}
	}
	return false
}
