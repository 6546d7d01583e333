package threeclogic_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
)

// plain is what the engines of these tests have in common.
type plain struct {
	config call.Config
	events chan call.Event
}

func newPlain(c call.Config) *plain {
	p := &plain{config: c, events: make(chan call.Event, 64)}
	p.events <- call.Event{Kind: call.EventReady}
	return p
}

func (p *plain) Write([]byte) error        { return nil }
func (p *plain) Events() <-chan call.Event { return p.events }
func (p *plain) Close()                    {}
func (p *plain) tool(name, arguments string) {
	p.events <- call.Event{Kind: call.EventToolCall, ID: "1", Name: name, Args: arguments}
}

// farewell is an engine that says a tone of its length and then does what was
// asked for with a key: # ends the call, 0 transfers it, 9 breaks.
type farewell time.Duration

func (farewell) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

func (f farewell) Open(_ context.Context, c call.Config) (call.Conversation, error) {
	return &parting{newPlain(c), f}, nil
}

type parting struct {
	*plain
	farewell
}

func (p *parting) Do(_ context.Context, cmd call.Command) error {
	key, ok := cmd.(call.DTMF)
	if !ok {
		return nil
	}
	tone := enginetest.Tone(p.config.Out, time.Duration(p.farewell))
	p.events <- call.Event{Kind: call.EventAudio, Item: "bye", Data: tone}
	p.events <- call.Event{Kind: call.EventAudioDone, Item: "bye"}
	switch key.Digit {
	case '0':
		p.tool(call.ToolTransfer, "{}")
	case '9':
		p.events <- call.Event{Kind: call.EventEnd, Reason: "broken", Err: errors.New("broken")}
	default:
		p.tool(call.ToolEnd, "{}")
	}
	return nil
}

// wilful is an engine that wants to call a number of its own, again and again
// until it gives up.
type wilful struct{}

func (wilful) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

func (wilful) Open(_ context.Context, c call.Config) (call.Conversation, error) {
	w := &wilfulTalk{plain: newPlain(c), targets: []string{
		"+19005551234", "sip:a@b;transport=tcp", `desk\r\nX: y`, "",
	}}
	w.ask()
	return w, nil
}

type wilfulTalk struct {
	*plain
	targets []string
}

func (w *wilfulTalk) ask() {
	if w.targets[0] == "" {
		w.events <- call.Event{Kind: call.EventEnd, Reason: "gave_up", Err: errors.New("nobody may be called")}
		return
	}
	w.tool(call.ToolTransfer, `{"destination":"`+w.targets[0]+`"}`)
	w.targets = w.targets[1:]
}

func (w *wilfulTalk) Do(_ context.Context, cmd call.Command) error {
	if r, ok := cmd.(call.ToolResult); ok && r.Err == "unknown_destination" {
		w.ask()
	}
	return nil
}

// refusing is an engine that takes no call and counts those it was asked to.
type refusing struct{ opened *atomic.Int64 }

func (refusing) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

func (r refusing) Open(context.Context, call.Config) (call.Conversation, error) {
	r.opened.Add(1)
	return nil, errors.New("not today")
}
