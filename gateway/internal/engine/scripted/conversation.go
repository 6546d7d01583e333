package scripted

import (
	"context"
	"strconv"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ear"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

const (
	// renderTimeout bounds a sentence that was not prepared; then the caller
	// hears a recorded prompt.
	renderTimeout = 3 * time.Second
	// hearTimeout bounds the recognition of a turn. Caller audio waits
	// meanwhile, a second of it.
	hearTimeout = 5 * time.Second
	// playedBack stands in the record for the caller's own words.
	playedBack = "[playback]"
)

// conversation is one call. The goroutine of Talk alone touches everything below
// that.
type conversation struct {
	*plan
	*pipe.Talk

	ear     *ear.Ear
	frame   []byte
	items   int    // utterances so far
	playing string // mark of the last utterance that may not have been heard to its end
	timer   *time.Timer

	state   *state
	name    string // of state
	retries int    // timeouts of state
	confirm *confirmation
	tool    string // id of the tool call that decides what comes next
	tools   int    // tool calls so far
	saying  []line // since the caller's last turn
	last    []line // what "repeat" says
}

// confirmation is a question that is open.
type confirmation struct {
	keyword string
	target  string
	asked   int
}

func start(ctx context.Context, p *plan) *conversation {
	c := &conversation{
		plan: p, Talk: pipe.NewTalk(ctx, p.config.In.FrameBytes()),
		ear:   ear.New(p.config.In, p.config.Turn, speech.MaxUtterance),
		frame: make([]byte, p.config.In.FrameBytes()),
	}
	c.Start(c.run)
	return c
}

func (c *conversation) run() call.Event {
	c.timer = time.NewTimer(0)
	c.timer.Stop()
	defer c.timer.Stop()
	c.Send(call.Event{Kind: call.EventReady})
	c.begin()
	for {
		select {
		case <-c.Heard().Ready():
			c.listen()
		case command := <-c.Commands():
			c.command(command)
		case <-c.timer.C:
			c.timeout()
		case <-c.Alive().Done():
			return call.Event{Reason: "closed"}
		}
	}
}

// listen takes in the caller audio that waits.
func (c *conversation) listen() {
	for c.Alive().Err() == nil && c.Heard().Read(c.frame) {
		switch v := c.ear.Hear(c.frame); v.Change {
		case audio.SpeechStarted:
			c.timer.Stop()
			c.Send(call.Event{Kind: call.EventSpeechStarted})
		case audio.SpeechStopped:
			c.Send(call.Event{Kind: call.EventSpeechStopped})
			c.turn(c.ear.Turn(v))
		}
	}
}

func (c *conversation) command(command call.Command) {
	switch command := command.(type) {
	case call.DTMF:
		c.key(command.Digit)
	case call.Say:
		c.speak(clip(line{command.Text, speech.PurposeStillThere}))
	case call.ToolResult:
		c.result(command)
	case call.Interrupt:
		c.silent()
	case call.Played:
		if command.Mark == c.playing {
			c.silent()
		}
	}
}

// silent notes that the caller hears nothing more of what was said.
func (c *conversation) silent() {
	c.playing = ""
	c.ear.SetPlaying(audio.Silent)
	c.wait()
}

// speak says a line. It does not wait until it was heard.
func (c *conversation) speak(l line) {
	if l.text == "" {
		return
	}
	ctx, cancel := context.WithTimeout(c.Alive(), renderTimeout)
	defer cancel()
	// The text is neither empty nor too long, so only Close makes this fail.
	if sound, err := c.speaker.Render(ctx, c.utterance(l)); err == nil {
		c.play(sound, l.text)
	}
}

// play sends a sound as one utterance, with its text for the record, and a
// mark that tells when it was heard.
func (c *conversation) play(s audio.Sound, text string) {
	c.items++
	item := "s" + strconv.Itoa(c.items)
	c.playing = item
	c.timer.Stop()
	c.ear.SetPlaying(audio.RMS(s.Samples))
	c.Send(call.Event{
		Kind: call.EventAudio, Item: item,
		Data: audio.L16.AppendEncode(make([]byte, 0, 2*len(s.Samples)), s.Samples),
	})
	c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleAssistant, Item: item, Text: text, Final: true})
	c.Send(call.Event{Kind: call.EventAudioDone, Item: item})
	c.Send(call.Event{Kind: call.EventMark, Name: item})
}

// heard enters what the caller said into the record.
func (c *conversation) heard(text string) {
	c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Text: text, Final: true})
}
