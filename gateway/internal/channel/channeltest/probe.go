package channeltest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// patience bounds every wait of the suite.
const patience = 10 * time.Second

// probe is an engine that hands each conversation to the test.
type probe struct {
	opened chan *conversation
	// refuse, if set, is the error of Open.
	refuse error
}

func newProbe() *probe { return &probe{opened: make(chan *conversation, 16)} }

// Formats implements call.Engine: whatever the leg speaks.
func (p *probe) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

// Open implements call.Engine.
func (p *probe) Open(_ context.Context, c call.Config) (call.Conversation, error) {
	if p.refuse != nil {
		return nil, p.refuse
	}
	conv := &conversation{
		config: c, events: make(chan call.Event, 4096),
		commands: make(chan call.Command, 256), heard: make(chan struct{}, 1),
	}
	conv.events <- call.Event{Kind: call.EventReady}
	p.opened <- conv
	return conv, nil
}

// next waits for a conversation to be opened.
func (p *probe) next(t *testing.T) *conversation {
	t.Helper()
	select {
	case c := <-p.opened:
		return c
	case <-time.After(patience):
		require.FailNow(t, "no conversation was opened")
		return nil
	}
}

// conversation is one call seen from the engine.
type conversation struct {
	config   call.Config
	events   chan call.Event
	commands chan call.Command
	heard    chan struct{}

	mu     sync.Mutex
	caller []byte
	closed bool
}

// Write implements call.Conversation.
func (c *conversation) Write(frame []byte) error {
	c.mu.Lock()
	c.caller = append(c.caller, frame...)
	c.mu.Unlock()
	select {
	case c.heard <- struct{}{}:
	default:
	}
	return nil
}

// Do implements call.Conversation.
func (c *conversation) Do(_ context.Context, cmd call.Command) error {
	select {
	case c.commands <- cmd:
	default: // a test that does not look at commands
	}
	return nil
}

// Events implements call.Conversation.
func (c *conversation) Events() <-chan call.Event { return c.events }

// Close implements call.Conversation.
func (c *conversation) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.events)
	}
}

func (c *conversation) send(e call.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.events <- e
	}
}

// speak sends one utterance.
func (c *conversation) speak(item string, data []byte) {
	for piece := range slices.Chunk(data, 1600) {
		c.send(call.Event{Kind: call.EventAudio, Item: item, Data: piece})
	}
	c.send(call.Event{Kind: call.EventAudioDone, Item: item})
}

// tool asks the gateway for a tool.
func (c *conversation) tool(name, args string) {
	c.send(call.Event{Kind: call.EventToolCall, ID: "t1", Name: name, Args: args})
}

// waitHeard waits until done says that the caller's audio so far is enough.
func (c *conversation) waitHeard(t *testing.T, done func(caller []byte) bool) {
	t.Helper()
	limit := time.After(patience)
	for {
		c.mu.Lock()
		ok := done(c.caller)
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-c.heard:
		case <-limit:
			require.FailNow(t, "the engine did not hear the caller")
		}
	}
}

// command waits for a command of a type.
func command[C call.Command](t *testing.T, c *conversation) C {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case cmd := <-c.commands:
			if want, ok := cmd.(C); ok {
				return want
			}
		case <-limit:
			var want C
			require.FailNowf(t, "missing command", "%T", want)
			return want
		}
	}
}
