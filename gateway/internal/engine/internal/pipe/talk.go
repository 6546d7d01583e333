package pipe

import (
	"context"
	"fmt"
	"sync"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// maxCommands may wait for the engine.
const maxCommands = 64

// Talk is what the conversations of engines have in common: the queues, and a
// goroutine that owns everything else. It implements call.Conversation.
type Talk struct {
	alive    context.Context
	cancel   context.CancelFunc
	frames   *Frames
	events   *Events
	commands chan call.Command
	owner    sync.WaitGroup
	others   sync.WaitGroup
}

var _ call.Conversation = (*Talk)(nil)

// NewTalk makes a conversation whose frames of caller audio have frame bytes.
// It outlives ctx.
func NewTalk(ctx context.Context, frame int) *Talk {
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &Talk{
		alive: alive, cancel: cancel,
		frames: NewFrames(frame), events: NewEvents(), commands: make(chan call.Command, maxCommands),
	}
}

// Start runs the owner of the conversation, once. What it returns is the last
// event.
func (t *Talk) Start(own func() call.Event) {
	t.owner.Go(func() {
		end := own()
		t.frames.Close()
		t.cancel()
		t.others.Wait()
		t.events.Finish(end)
	})
}

// Go runs another goroutine of the conversation, which must end when Alive
// does. The owner calls it, or whoever has not called Start yet.
func (t *Talk) Go(f func()) { t.others.Go(f) }

// Alive ends when the conversation is closed or its owner has returned.
func (t *Talk) Alive() context.Context { return t.alive }

// Heard is the caller audio that waits for the owner.
func (t *Talk) Heard() *Frames { return t.frames }

// Commands are those that wait for the owner.
func (t *Talk) Commands() <-chan call.Command { return t.commands }

// Send queues an event. It fails only when the conversation is being closed,
// and then nobody listens. The owner alone calls it.
func (t *Talk) Send(e call.Event) { _ = t.events.Send(t.alive, e) }

// Write implements call.Conversation.
func (t *Talk) Write(frame []byte) error { return t.frames.Write(frame) }

// Do implements call.Conversation: it queues the command.
func (t *Talk) Do(ctx context.Context, command call.Command) error {
	if t.alive.Err() != nil {
		return ErrClosed
	}
	select {
	case t.commands <- command:
		return nil
	case <-t.alive.Done():
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("queue command: %w", ctx.Err())
	}
}

// Events implements call.Conversation.
func (t *Talk) Events() <-chan call.Event { return t.events.Receive() }

// Close implements call.Conversation. It waits for every goroutine.
func (t *Talk) Close() {
	t.frames.Close()
	t.cancel()
	t.owner.Wait()
}
