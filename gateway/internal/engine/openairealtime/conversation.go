package openairealtime

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/realtime"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
)

const (
	// readAhead is how many server events are decoded before they are needed.
	readAhead = 2
	// piece is the most audio in one event for the session; as many pieces as
	// can wait are kept, so it bounds the memory of a call.
	piece = 1600
	// maxFaults is how many events that nobody can read are overlooked.
	maxFaults = 100
	// maxItems is how many of the latest utterances can be truncated.
	maxItems = 16
	// maxCalls is how many tool calls are remembered, to tell repetitions.
	maxCalls = 256
	// keyPause ends a sequence of keys, which the model is told as one.
	keyPause = 700 * time.Millisecond
	// maxKeys are told at once.
	maxKeys = 64
)

// incoming is one decoded server event with its own buffers.
type incoming struct {
	realtime.Decoder
	event realtime.Event
	err   error // the connection ended
}

// conversation is one call. Its owner alone touches everything below incoming.
type conversation struct {
	*pipe.Talk
	conn     *wsconn.Conn
	config   call.Config
	free     chan *incoming
	incoming chan *incoming

	frame  []byte
	encode []func(dst []byte) []byte // appends frame as an event
	sent   int64                     // bytes of caller audio
	faults int

	pieces [pipe.MaxEvents + 2][]byte // audio that may still be read
	next   int
	items  []item // the latest utterances
	open   string // item whose audio is coming

	active    bool // a response is being made
	owed      bool // the backend could not answer a turn because of another response
	pending   []realtime.ResponseCreate
	creating  realtime.ResponseCreate // sent last
	responses int                     // asked for so far
	calls     map[string]bool

	timer   *time.Timer
	padding time.Duration // audio before the speech that counts as its start
	hearAt  time.Time     // the caller's speech is long enough to interrupt
	keys    []byte
	keysAt  time.Time
}

// item is an utterance of the assistant.
type item struct {
	id      string
	content int
	bytes   int
}

func (c *conversation) own() call.Event {
	defer c.conn.Close()
	c.timer = time.NewTimer(0)
	defer c.timer.Stop()
	for range readAhead {
		c.free <- &incoming{}
	}
	c.Go(c.read)
	c.Send(call.Event{Kind: call.EventReady})
	err := c.begin()
	for err == nil {
		select {
		case <-c.Heard().Ready():
			err = c.hear()
		case command := <-c.Commands():
			err = c.command(command)
		case in := <-c.incoming:
			if in.err != nil {
				return lost(in.err)
			}
			end, over, failed := c.event(&in.event)
			if over {
				return end
			}
			err = failed
			c.free <- in
		case <-c.timer.C:
			err = c.due(time.Now())
		case <-c.Alive().Done():
			_ = c.conn.Shutdown(websocket.CloseNormalClosure, "")
			return call.Event{Reason: "closed"}
		}
	}
	return lost(err)
}

// read decodes what the backend sends, as far ahead as there are buffers.
func (c *conversation) read() {
	for {
		var in *incoming
		select {
		case in = <-c.free:
		case <-c.Alive().Done():
			return
		}
		var msg []byte
		if _, msg, in.err = c.conn.Next(); in.err == nil {
			in.Decode(msg, &in.event)
		}
		c.incoming <- in // has room for every buffer
		if in.err != nil {
			return
		}
	}
}

// lost is the end of a conversation whose connection ended.
func lost(err error) call.Event {
	e := call.Event{Reason: "connection_lost", Err: fmt.Errorf("connection to the backend: %w", err), Retry: true}
	code, closed := wsconn.Closed(err)
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		e.Reason, e.Retry = "too_large", false
	case errors.Is(err, wsconn.ErrKind):
		e.Reason, e.Retry = "protocol", false
	case closed && code == websocket.ClosePolicyViolation:
		e.Reason, e.Retry = "refused", false
	case closed:
		e.Reason = "going_away"
	}
	return e
}

// begin tells the model what was said before, and lets it speak first.
func (c *conversation) begin() error {
	for _, m := range c.config.History {
		if err := send(c.conn, realtime.NewText(m.Role == call.RoleAssistant, m.Text)); err != nil {
			return err
		}
	}
	h := c.config.History
	switch {
	case len(h) > 0 && h[len(h)-1].Role == call.RoleCaller:
		return c.respond(nil) // the conversation before broke before it answered
	case c.config.CallerFirst:
		return nil
	case c.config.Generated:
		return c.respond(&realtime.Response{
			Instructions: instructions(c.config) + "\n\nThe caller has just been connected. Greet the caller.",
			ToolChoice:   "none",
		})
	case c.config.Greeting != "":
		return c.respond(verbatim(greeting(c.config)))
	}
	return nil
}

// hear sends the caller audio that waits.
func (c *conversation) hear() error {
	for c.Heard().Read(c.frame) {
		if err := c.conn.Send(wsconn.Text, c.encode...); err != nil {
			return err
		}
		c.sent += int64(len(c.frame))
	}
	return nil
}

// respond asks for a response, now or when the current one is complete.
func (c *conversation) respond(r *realtime.Response) error {
	c.responses++
	create := realtime.ResponseCreate{
		Type: realtime.TypeResponseCreate, EventID: "va_" + strconv.Itoa(c.responses), Response: r,
	}
	if c.active {
		if len(c.pending) < maxItems {
			c.pending = append(c.pending, create)
		}
		return nil
	}
	return c.create(create)
}

func (c *conversation) create(r realtime.ResponseCreate) error {
	c.active, c.creating = true, r
	return send(c.conn, r)
}

// proceed asks for what had to wait for the end of a response.
func (c *conversation) proceed() error {
	c.active = false
	switch {
	case len(c.pending) > 0:
		next := c.pending[0]
		c.pending = c.pending[1:]
		return c.create(next)
	case c.owed:
		c.owed = false
		return c.respond(nil)
	}
	return nil
}

// due does what the timer was set for.
func (c *conversation) due(now time.Time) error {
	if !c.hearAt.IsZero() && !now.Before(c.hearAt) {
		c.hearAt = time.Time{}
		c.Send(call.Event{Kind: call.EventSpeechStarted})
	}
	var err error
	if !c.keysAt.IsZero() && !now.Before(c.keysAt) {
		err = c.tellKeys()
	}
	c.schedule()
	return err
}

// schedule sets the timer for the earlier of its two purposes.
func (c *conversation) schedule() {
	next := c.hearAt
	if next.IsZero() || (!c.keysAt.IsZero() && c.keysAt.Before(next)) {
		next = c.keysAt
	}
	if !next.IsZero() {
		c.timer.Reset(time.Until(next))
	}
}
