package enginetest

import (
	"context"
	"math"
	"strconv"
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
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	conv := &echo{
		config: c, greeting: e.Greeting, alive: alive, cancel: cancel,
		frames: pipe.NewFrames(c.In.FrameBytes()), events: pipe.NewEvents(), commands: make(chan call.Command, 8),
	}
	conv.running.Go(conv.run)
	return conv, nil
}

// echo is a conversation with Echo. Its goroutine owns item.
type echo struct {
	config   call.Config
	greeting time.Duration
	alive    context.Context
	cancel   context.CancelFunc
	frames   *pipe.Frames
	events   *pipe.Events
	commands chan call.Command
	running  sync.WaitGroup
	item     int // changed by an interruption, so that the rest is heard again
}

// Write implements call.Conversation.
func (c *echo) Write(frame []byte) error { return c.frames.Write(frame) }

// Do implements call.Conversation.
func (c *echo) Do(ctx context.Context, command call.Command) error {
	select {
	case <-c.alive.Done():
		return pipe.ErrClosed
	default:
	}
	select {
	case c.commands <- command:
		return nil
	case <-c.alive.Done():
		return pipe.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Events implements call.Conversation.
func (c *echo) Events() <-chan call.Event { return c.events.Receive() }

// Close implements call.Conversation.
func (c *echo) Close() {
	c.frames.Close()
	c.cancel()
	c.running.Wait()
}

func (c *echo) run() {
	defer c.events.Finish(call.Event{Reason: "closed"})
	c.send(call.Event{Kind: call.EventReady})
	if c.greeting > 0 && !c.config.CallerFirst {
		c.send(call.Event{Kind: call.EventAudio, Item: "greeting", Data: Tone(c.config.Out, c.greeting)})
		c.send(call.Event{Kind: call.EventAudioDone, Item: "greeting"})
	}
	for {
		select {
		case <-c.frames.Ready():
			c.reply()
		case command := <-c.commands:
			c.command(command)
		case <-c.alive.Done():
			return
		}
	}
}

// reply says everything heard. Each frame has memory of its own, because the
// receiver may not have copied the one before.
func (c *echo) reply() {
	for {
		frame := make([]byte, c.config.In.FrameBytes())
		if !c.frames.Read(frame) {
			return
		}
		c.send(call.Event{Kind: call.EventAudio, Item: c.name(), Data: frame})
	}
}

func (c *echo) name() string { return "echo" + strconv.Itoa(c.item) }

func (c *echo) command(command call.Command) {
	switch command := command.(type) {
	case call.DTMF:
		switch command.Digit {
		case TransferKey:
			c.send(call.Event{Kind: call.EventToolCall, ID: "1", Name: call.ToolTransfer, Args: `{"destination":""}`})
		case EndKey:
			c.send(call.Event{Kind: call.EventToolCall, ID: "2", Name: call.ToolEnd})
		}
	case call.Interrupt:
		c.item++
	case call.Say:
		c.send(call.Event{Kind: call.EventAudio, Item: "say", Data: Tone(c.config.Out, 500*time.Millisecond)})
		c.send(call.Event{Kind: call.EventAudioDone, Item: "say"})
		c.send(call.Event{Kind: call.EventTranscript, Role: call.RoleAssistant, Item: "say", Text: command.Text, Final: true})
	}
}

// send drops the event when the conversation is over.
func (c *echo) send(e call.Event) { _ = c.events.Send(c.alive, e) }

// Tone is a sine of 440 Hz at a quarter of full scale.
func Tone(f audio.Format, d time.Duration) []byte {
	samples := make([]int16, int64(f.Rate)*int64(d)/int64(time.Second))
	for i := range samples {
		samples[i] = int16(8192 * math.Sin(2*math.Pi*440*float64(i)/float64(f.Rate)))
	}
	return f.Codec.AppendEncode(nil, samples)
}
