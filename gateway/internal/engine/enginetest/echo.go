package enginetest

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
)

// Keys that Echo reacts to.
const (
	TransferKey = '0' // calls call.ToolTransfer for the channel's own live agent
	EndKey      = '#' // calls call.ToolEnd
)

// Echo is an engine that says what it hears, bit by bit, in the leg's own
// format. It detects no turns, so nothing interrupts it.
type Echo struct {
	// Greeting is how long a tone of 440 Hz is played first; 0 is none.
	Greeting time.Duration
}

var _ call.Engine = Echo{}

// Formats implements call.Engine.
func (Echo) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

// Open implements call.Engine.
func (e Echo) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conv := &echo{config: c, events: pipe.NewEvents(), memory: make([]byte, said*c.In.FrameBytes())}
	conv.events.Offer(call.Event{Kind: call.EventReady})
	if e.Greeting > 0 && !c.CallerFirst {
		conv.say("greeting", Tone(c.Out, e.Greeting))
	}
	return conv, nil
}

// said is how many frames are remembered: those that wait for the session, the
// one it holds, and the next.
const said = pipe.MaxEvents + 2

// echo is a conversation with Echo. It answers at once, in the goroutine that
// asks; what finds no room is lost.
type echo struct {
	config call.Config
	events *pipe.Events

	mu     sync.Mutex // guards the rest, and sending
	closed bool
	memory []byte // a ring of said frames
	next   int
	item   int // changed by an interruption, so that the rest is heard again
}

// Write implements call.Conversation.
func (c *echo) Write(frame []byte) error {
	size := c.config.In.FrameBytes()
	if len(frame) != size {
		return fmt.Errorf("caller audio of %d bytes, a frame has %d", len(frame), size)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return pipe.ErrClosed
	}
	own := c.memory[c.next*size:][:size]
	copy(own, frame)
	if !c.events.Offer(call.Event{Kind: call.EventAudio, Item: names[c.item%len(names)], Data: own}) {
		return pipe.ErrDropped
	}
	c.next = (c.next + 1) % said
	return nil
}

// names of what is said; two suffice to tell it from what was interrupted.
var names = [...]string{"echo0", "echo1"}

// Do implements call.Conversation.
func (c *echo) Do(_ context.Context, command call.Command) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return pipe.ErrClosed
	}
	switch command := command.(type) {
	case call.DTMF:
		switch command.Digit {
		case TransferKey:
			c.events.Offer(call.Event{
				Kind: call.EventToolCall, ID: "1", Name: call.ToolTransfer, Args: `{"destination":""}`,
			})
		case EndKey:
			c.events.Offer(call.Event{Kind: call.EventToolCall, ID: "2", Name: call.ToolEnd})
		}
	case call.Interrupt:
		c.item++
	case call.Say:
		c.say("say", Tone(c.config.Out, 500*time.Millisecond))
		c.events.Offer(call.Event{
			Kind: call.EventTranscript, Role: call.RoleAssistant, Item: "say", Text: command.Text, Final: true,
		})
	}
	return nil
}

func (c *echo) say(item string, data []byte) {
	c.events.Offer(call.Event{Kind: call.EventAudio, Item: item, Data: data})
	c.events.Offer(call.Event{Kind: call.EventAudioDone, Item: item})
}

// Events implements call.Conversation.
func (c *echo) Events() <-chan call.Event { return c.events.Receive() }

// Close implements call.Conversation.
func (c *echo) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.events.Finish(call.Event{Reason: "closed"})
	}
}

// Tone is a sine of 440 Hz at a quarter of full scale.
func Tone(f audio.Format, d time.Duration) []byte {
	samples := make([]int16, int64(f.Rate)*int64(d)/int64(time.Second))
	for i := range samples {
		samples[i] = int16(8192 * math.Sin(2*math.Pi*440*float64(i)/float64(f.Rate)))
	}
	return f.Codec.AppendEncode(nil, samples)
}
