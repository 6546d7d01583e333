package mediastream

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ear"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/userbot"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// transferID is the id of the only tool call there can be.
const transferID = "close"

// conversation is one call. Its owner alone touches everything below said.
type conversation struct {
	*pipe.Talk
	engine   *Engine
	config   call.Config
	onClose  string
	log      *slog.Logger
	media    *twiliomedia.Platform
	start    twiliomedia.Start
	messages chan message // from the reader; closed when the socket ended
	say      chan string
	said     chan rendered

	ear     *ear.Ear
	frame   []byte
	frames  int64 // of caller audio, sent
	voice   voice
	over    bool        // the socket ended, or cannot be written to
	broken  error       // why it cannot be written to
	timer   *time.Timer // ends what the bot says, or the wait for a verdict
	ignored int64       // messages
}

// own runs the conversation and gives its last event.
func (c *conversation) own() call.Event {
	defer c.leave()
	c.timer = time.NewTimer(0)
	c.timer.Stop()
	defer c.timer.Stop()
	c.Go(c.read)
	c.Go(c.render)
	c.Send(call.Event{Kind: call.EventReady})
	for {
		select {
		case <-c.Heard().Ready():
			c.hear()
		case m, ok := <-c.messages:
			if !ok {
				c.messages = nil
			} else if end, over := c.message(m); over {
				return end
			}
		case s := <-c.said:
			c.speak(s)
		case command := <-c.Commands():
			if end, over := c.command(command); over {
				return end
			}
		case <-c.timer.C:
			if c.broken != nil {
				return userbot.Lost(c.broken)
			}
			c.voice.end(c)
		case <-c.Alive().Done():
			return call.Event{Reason: "closed"}
		}
	}
}

// hear passes on the caller audio that waits. The timestamp goes on over frames
// that were dropped.
func (c *conversation) hear() {
	for c.Alive().Err() == nil && c.Heard().Read(c.frame) {
		at := time.Duration(c.frames+c.Heard().Dropped()) * audio.FrameDuration
		c.frames++
		c.write(func() error { return c.media.Media(at.Milliseconds(), c.frame) })
		c.ear.SetPlaying(c.voice.level(time.Now()))
		switch c.ear.Hear(c.frame).Change {
		case audio.SpeechStarted:
			c.Send(call.Event{Kind: call.EventSpeechStarted})
		case audio.SpeechStopped:
			c.Send(call.Event{Kind: call.EventSpeechStopped})
			// Whether it answers is the bot's own affair.
			c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Final: true})
		}
	}
}

// write sends something, unless nothing more can be sent. The reader knows best
// why it failed, if it is given a moment.
func (c *conversation) write(send func() error) {
	if c.over {
		return
	}
	if err := send(); err != nil {
		c.over, c.broken = true, err
		c.timer.Reset(userbot.VerdictWait)
	}
}

func (c *conversation) command(command call.Command) (end call.Event, over bool) {
	switch command := command.(type) {
	case call.DTMF:
		c.write(func() error { return c.media.DTMF(string(command.Digit)) })
	case call.Played:
		c.write(func() error { return c.media.Played(command.Mark) })
	case call.Say:
		select {
		case c.say <- command.Text:
		default: // so much is being said already
		}
	case call.Interrupt:
		c.voice.cut()
	case call.ToolResult:
		if command.ID == transferID && command.Err != "" {
			return failed(fmt.Errorf("the bot closed the stream, and a transfer is not possible: %s", command.Err)), true
		}
	}
	return call.Event{}, false
}

// closed is what follows when the bot closes the stream.
func (c *conversation) closed(err error) (end call.Event, over bool) {
	c.over, c.broken = true, nil
	c.voice.end(c)
	if !userbot.Left(err) {
		return userbot.Lost(err), true
	}
	switch c.onClose {
	case api.OnEngineCloseTransfer:
		c.Send(call.Event{
			Kind: call.EventToolCall, ID: transferID, Name: call.ToolTransfer, Args: `{"destination":""}`,
		})
		return call.Event{}, false
	case api.OnEngineCloseFallback:
		return failed(errors.New("the bot closed the stream")), true
	}
	return call.Event{Reason: "bot_closed"}, true
}

// failed is an end that opening again does not help.
func failed(err error) call.Event { return call.Event{Reason: "bot_closed", Err: err} }

// leave tells the bot that the call is over and closes the connection.
func (c *conversation) leave() {
	if c.ignored > 0 {
		c.log.Debug("messages of the bot were ignored", telemetry.KeyReason, strconv.FormatInt(c.ignored, 10)+" messages")
	}
	userbot.Leave(c.messages, c.over, func() error {
		return errors.Join(c.media.Stop(), c.media.Shutdown(websocket.CloseNormalClosure, ""))
	}, c.media.Close)
}
