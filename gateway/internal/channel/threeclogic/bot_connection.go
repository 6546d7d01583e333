package threeclogic

import (
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiocodes"
)

// closed is a channel that is closed already.
func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// current gives the connection, after waiting for one that was lost to come
// back.
func (l *botLeg) current() (*socket, error) {
	for {
		l.mu.Lock()
		c, back, over := l.conn, l.back, l.over
		revoked := l.revoked
		l.mu.Unlock()
		switch {
		case revoked:
			return nil, errRevoked
		case c != nil:
			return c, nil
		case over:
			return nil, errNotResumed
		}
		<-back
	}
}

// lost notes that a connection broke. The call goes on for a while, in case it
// comes back.
func (l *botLeg) lost(c *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.release()
	if l.conn != c {
		return
	}
	l.conn, l.play = nil, ""
	if l.over || !l.accepted {
		l.giveUp()
		return
	}
	l.back = make(chan struct{})
	l.lostFor = time.AfterFunc(l.times.resume, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.conn == nil {
			l.giveUp()
		}
	})
}

// awaits reports whether the connection is lost and may come back.
func (l *botLeg) awaits() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn == nil && !l.over
}

// giveUp lets no connection come back from now on. mu is held.
func (l *botLeg) giveUp() {
	if l.over {
		return
	}
	l.over = true
	if l.lostFor != nil {
		l.lostFor.Stop()
	}
	select {
	case <-l.back:
	default:
		close(l.back)
	}
}

// attach gives a connection to the call, in place of the old one. It reports
// false if the call is over.
func (l *botLeg) attach(c *socket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || !l.accepted {
		return false
	}
	c.until(time.Time{})
	if c.send(func(dst []byte) []byte { return audiocodes.AppendAccepted(dst, l.name) }) != nil {
		return false
	}
	old := l.conn
	l.conn, l.play = c, ""
	l.returns++
	if l.lostFor != nil {
		l.lostFor.Stop()
	}
	if old != nil { // the platform knew before this end did
		old.release()
		return true
	}
	close(l.back)
	return true
}

// revoke ends the call because its channel is gone.
func (l *botLeg) revoke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.revoked = true
	c := l.conn
	l.giveUp()
	if c != nil {
		c.shutdown(websocket.ClosePolicyViolation, "revoked")
		time.AfterFunc(closeWait, c.release)
	}
}

// ignored implements leg. What came too fast was counted for each connection.
func (l *botLeg) ignored() string {
	s := l.decoder.Stats()
	return fmt.Sprintf("unknown types %d, malformed %d, connections came back %d", s.UnknownTypes, s.Malformed, l.returns)
}
