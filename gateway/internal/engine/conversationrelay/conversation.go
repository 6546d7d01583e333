package conversationrelay

import (
	"errors"
	"log/slog"
	"regexp"
	"time"

	"github.com/gorilla/websocket"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ear"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/openaihttp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/userbot"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/conversationrelay"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	// readAhead is how many messages are read before they are needed.
	readAhead = 8
	// maxControl is how many pings and pongs a second a bot may send.
	maxControl = 100
	// answerWithin is how long a bot may say nothing at all after a prompt.
	answerWithin = 10 * time.Second
)

// message is what the reader passes on.
type message struct {
	conversationrelay.Message
	err error // the socket ended
}

// conversation is one call. Its owner alone touches everything below heard.
type conversation struct {
	*pipe.Talk
	engine   *Engine
	config   call.Config
	log      *slog.Logger
	conn     *wsconn.Conn
	hosts    []string          // from which sounds may come
	stt, tts *openaihttp.Stage // nil for none
	messages chan message      // from the reader; closed when the socket ended
	work     chan job
	done     chan sounded
	turns    chan turn
	heard    chan words

	frame    []byte
	ear      *ear.Ear // nil if nobody could write down what it hears
	speaks   string   // language of the bot
	hears    string   // language of the caller
	failures int      // turns in a row that could not be written down

	voice   voice
	ended   bool        // the bot has said what comes next
	over    bool        // the socket ended, or cannot be written to
	broken  error       // why it cannot be written to
	timer   *time.Timer // for an answer to a prompt, or a verdict
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
	if c.stt != nil {
		c.Go(c.transcribe)
	}
	c.Send(call.Event{Kind: call.EventReady})
	c.greet()
	for {
		c.proceed()
		if end, over := c.serve(); over {
			return end
		}
	}
}

// serve does one thing.
func (c *conversation) serve() (end call.Event, over bool) {
	select {
	case <-c.Heard().Ready():
		c.hear()
	case m, ok := <-c.messages:
		if !ok {
			c.messages = nil
			return end, false
		}
		return c.message(m)
	case s := <-c.done:
		c.sounded(s)
	case w := <-c.heard:
		return c.prompt(w)
	case command := <-c.Commands():
		c.command(command)
	case <-c.timer.C:
		if c.broken != nil {
			return userbot.Lost(c.broken), true
		}
		return call.Event{Reason: "stalled", Err: errors.New("the bot does not answer"), Retry: true}, true
	case <-c.Alive().Done():
		return call.Event{Reason: "closed"}, true
	}
	return end, false
}

// read reads the socket until it ends.
func (c *conversation) read() {
	defer close(c.messages)
	for {
		_, msg, err := c.conn.Next()
		m := message{err: err}
		if err == nil {
			m.Message = conversationrelay.Decode(msg)
		}
		c.messages <- m // the owner takes all, also when it leaves
		if err != nil {
			return
		}
	}
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// message takes one message of the bot.
func (c *conversation) message(m message) (end call.Event, over bool) {
	if m.err != nil {
		c.over, c.broken = true, nil
		if c.ended {
			return end, false
		}
		return userbot.Lost(m.err), true
	}
	if c.broken == nil {
		c.timer.Stop()
	}
	if c.ended {
		return end, false
	}
	switch m.Kind {
	case conversationrelay.Text:
		c.token(m.Token, m.Last)
	case conversationrelay.Play:
		c.play(m.Source)
	case conversationrelay.Language:
		for _, change := range []struct {
			wanted string
			of     *string
		}{{m.TTSLanguage, &c.speaks}, {m.TranscriptionLanguage, &c.hears}} {
			if languageTag.MatchString(change.wanted) {
				*change.of = change.wanted
			} else if change.wanted != "" {
				c.complain("language: not a tag such as en-US")
			}
		}
	case conversationrelay.End:
		c.ended = true
		c.close()
		c.enqueue(job{kind: jobEnd, text: m.Handoff})
	case conversationrelay.SendDigits:
		c.complain("sendDigits: this line cannot send keys")
	default:
		problem := m.Problem
		if problem == "" {
			problem = "unknown type"
		}
		c.complain("invalid message: " + problem)
	}
	return end, false
}

// complain tells the bot what is wrong with what it asked for. The first time in
// a call is logged.
func (c *conversation) complain(description string) {
	c.ignored++
	if c.ignored == 1 {
		c.log.Warn("the bot asked for something that is not possible; it is ignored", telemetry.KeyReason, description)
	}
	c.write(func(dst []byte) []byte { return conversationrelay.AppendError(dst, description) })
}

// write sends a message, unless nothing more can be sent. The reader knows best
// why it failed, if it is given a moment.
func (c *conversation) write(encode func(dst []byte) []byte) {
	if c.over {
		return
	}
	if err := c.conn.Send(wsconn.Text, encode); err != nil {
		c.over, c.broken = true, err
		c.timer.Reset(userbot.VerdictWait)
	}
}

func (c *conversation) command(command call.Command) {
	switch command := command.(type) {
	case call.DTMF:
		c.voice.skip = false
		c.write(func(dst []byte) []byte { return conversationrelay.AppendDTMF(dst, command.Digit) })
	case call.Say:
		c.say(command.Text)
	case call.Interrupt:
		c.interrupt(command)
	case call.Played:
		if command.Mark == c.voice.playing {
			c.silent()
		}
	case call.ToolResult:
		if command.Err != "" && c.ended {
			// Without a live agent a hand-over is the end.
			c.Send(call.Event{Kind: call.EventToolCall, ID: "end", Name: call.ToolEnd})
		}
	}
}

// leave closes the connection.
func (c *conversation) leave() {
	userbot.Leave(c.messages, c.over, func() error {
		return c.conn.Shutdown(websocket.CloseNormalClosure, "")
	}, c.conn.Close)
}
