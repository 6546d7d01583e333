package platform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// messageTime is how much of the caller one message holds.
	messageTime = 200 * time.Millisecond
	// catchUp is the pace of frames that are late. What came in time must be
	// taken before they are played, which the reader needs a moment for.
	catchUp = time.Millisecond
	// The first ping comes soon; one without an answer at the next is fatal.
	firstPing, nextPing = time.Second, 5 * time.Second
	// maxEvents bounds what waits for the owner.
	maxEvents = 64
)

// event is a message of the gateway that the owner carries out.
type event struct {
	kind audiohook.Kind
	peer int64
	at   time.Time
}

// talk carries media until one side ends it. The clock is absolute: frame n
// begins n*20 ms after the start however late an earlier one was.
func (l *line) talk(ctx context.Context) error {
	began := time.Now()
	clock, ping := time.NewTimer(0), time.NewTimer(firstPing)
	defer clock.Stop()
	defer ping.Stop()
	at := time.Duration(0)
	for {
		select {
		case <-clock.C:
			if err := l.frame(at); err != nil {
				return l.fail(err)
			}
			at += audio.FrameDuration
			clock.Reset(max(time.Until(began.Add(at)), catchUp))
		case <-ping.C:
			if !l.pinged.IsZero() {
				return errors.Join(errUnanswered, l.session.Error(408, "no pong", 0), l.close(audiohook.ReasonError))
			}
			if err := l.ping(); err != nil {
				return l.fail(err)
			}
			ping.Reset(nextPing)
		case e := <-l.events:
			switch e.kind {
			case audiohook.Pong:
				l.rtt, l.pinged = e.at.Sub(l.pinged), time.Time{}
			case audiohook.Disconnect:
				return l.close(audiohook.ReasonDone)
			case audiohook.Closed:
				return errors.New("closed came before close")
			}
		case err := <-l.gone:
			l.end.ByGateway = true
			return fmt.Errorf("the connection ended without disconnect: %w", err)
		case digit := <-l.Pressed():
			if err := l.session.DTMF(string(digit)); err != nil {
				return l.fail(err)
			}
		case <-l.HungUp():
			return l.close(audiohook.ReasonEnd)
		case <-ctx.Done():
			return l.close(audiohook.ReasonEnd)
		}
	}
}

// frame lets the caller hear and say 20 ms.
func (l *line) frame(at time.Duration) error {
	frame := make([]byte, audio.Mulaw8k.FrameBytes())
	l.mu.Lock()
	cleared := l.cleared
	l.cleared = false
	sounds := l.playout.frame(frame)
	l.mu.Unlock()
	if err := l.Play(channel.Heard{Frame: frame, At: at, Cleared: cleared}); err != nil {
		return err
	}
	if err := l.announce(sounds, cleared); err != nil {
		return err
	}
	if l.said = append(l.said, l.Said()...); len(l.said) < audio.Mulaw8k.Bytes(messageTime) {
		return nil
	}
	err := l.session.Audio(l.said)
	l.said = l.said[:0]
	return err
}

// announce tells that playback began, or that nothing was left to play. After an
// interruption it tells nothing: what Genesys does there is not documented.
func (l *line) announce(sounds, cleared bool) error {
	was := l.playing && !cleared
	l.playing = sounds
	switch {
	case sounds && !was:
		return l.session.PlaybackStarted()
	case was && !sounds:
		return l.session.PlaybackCompleted()
	}
	return nil
}

var errUnanswered = errors.New("a ping was not answered")

func (l *line) ping() error {
	l.pinged = time.Now()
	return l.session.Ping(l.rtt)
}

// read takes the gateway's messages until the connection ends.
func (l *line) read() {
	var m audiohook.Message
	for {
		if err := l.session.Read(&m); err != nil {
			l.gone <- err
			return
		}
		l.take(time.Now(), &m)
	}
}

// take carries out one message of the gateway, or leaves it to the owner.
func (l *line) take(now time.Time, m *audiohook.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.playout.limit.allow(now, m.Kind == audiohook.Audio) {
		l.violations.Add("more messages than Genesys takes")
	}
	switch m.Kind {
	case audiohook.Audio:
		l.hear(now, m.Data)
	case audiohook.Event:
		if m.BargeIn {
			l.cleared = l.playout.clear() || l.cleared
		}
	case audiohook.Violation:
		l.violations.Add("%s", m.Problem)
	case audiohook.Disconnect:
		if l.quiet {
			l.violations.Add("disconnect came twice")
			return
		}
		l.quiet = true
		l.departed(m)
		l.events <- event{m.Kind, m.Peer, now}
	case audiohook.Pong, audiohook.Closed:
		select {
		case l.events <- event{m.Kind, m.Peer, now}:
		default: // an owner that is closing looks for the end only
		}
	case audiohook.Updated:
	default:
		l.violations.Add("a message that Genesys does not know")
	}
}

// hear queues audio. mu is held.
func (l *line) hear(now time.Time, data []byte) {
	if l.received != nil {
		l.received(now, len(data))
	}
	switch {
	case l.quiet:
		l.violations.Add("audio after the end")
	case len(data) == 0 || len(data) > maxBinary:
		l.violations.Add("a message of %d bytes of audio", len(data))
	case !l.playout.add(l.media.Take(data)):
		l.violations.Add("more than %v of audio wait to be played", maxQueued)
	}
}

// close ends the session from this side and waits until the gateway has closed
// the connection.
func (l *line) close(reason string) error {
	if l.session.Close(reason) != nil {
		return nil // the gateway has closed at the same moment
	}
	limit := time.NewTimer(closedTimeout)
	defer limit.Stop()
	closed := false
	for {
		select {
		case e := <-l.events:
			switch e.kind {
			case audiohook.Closed:
				closed = true
				l.mu.Lock()
				l.quiet = true
				l.mu.Unlock()
				limit.Reset(shutTimeout)
			case audiohook.Disconnect: // crossed the caller's hang-up
			}
		case err := <-l.gone:
			if code, ok := wsconn.Closed(err); !ok || code != websocket.CloseNormalClosure || !closed && len(l.events) == 0 {
				return fmt.Errorf("the session did not end with closed and code 1000: %w", err)
			}
			return nil
		case <-limit.C:
			return fmt.Errorf("the gateway did not end the session within %v of its close", closedTimeout)
		}
	}
}

// fail ends the session after an error. A write fails also when the gateway has
// just disconnected, which the reader knows.
func (l *line) fail(err error) error {
	if errors.Is(err, handset.ErrUnread) {
		return errors.Join(err, l.close(audiohook.ReasonError))
	}
	limit := time.NewTimer(shutTimeout)
	defer limit.Stop()
	for {
		select {
		case e := <-l.events:
			if e.kind == audiohook.Disconnect {
				return l.close(audiohook.ReasonDone)
			}
		case gone := <-l.gone:
			l.end.ByGateway = true
			return errors.Join(err, gone)
		case <-limit.C:
			return err
		}
	}
}
