package mediastream

import (
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/pipe"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	// readAhead is how many messages are read before they are needed.
	readAhead = 8
	// buffers of small pieces of audio are used again and again: those that may
	// still be read wait for the owner, for the session, or are in the hands of
	// either.
	buffers = readAhead + pipe.MaxEvents + 3
	// small is the most audio of a piece that gets such a buffer, in bytes.
	small = 800
	// maxMark bounds the name of a mark in bytes. Thousands may wait.
	maxMark = 512
)

// message is what the reader passes on.
type message struct {
	kind    twiliomedia.Kind
	audio   []byte
	name    string
	problem string // of an ignored message
	err     error  // the socket ended
}

// read reads the socket until it ends.
func (c *conversation) read() {
	defer close(c.messages)
	var pool [buffers][]byte
	next := 0
	var in twiliomedia.Message
	for {
		m := message{err: c.media.Read(&in)}
		if m.err == nil {
			m = c.sort(&in)
		}
		if m.kind == twiliomedia.Media {
			if len(in.Payload) <= small {
				pool[next] = append(pool[next][:0], in.Payload...)
				m.audio = pool[next]
				next = (next + 1) % buffers
			} else {
				m.audio = append([]byte(nil), in.Payload...)
			}
		}
		c.messages <- m // the owner takes all, also when it leaves
		if m.err != nil {
			return
		}
	}
}

// sort decides what becomes of a message of the bot.
func (c *conversation) sort(in *twiliomedia.Message) message {
	switch {
	case in.Kind == twiliomedia.Malformed:
		return message{problem: in.Problem}
	case in.Kind == twiliomedia.Unknown:
		return message{problem: "an unknown event"}
	case in.StreamSID != c.start.StreamSID:
		return message{problem: "streamSid is of another stream"}
	case in.Kind == twiliomedia.Mark && len(in.Name) > maxMark:
		return message{problem: "the name of a mark is too long"}
	}
	return message{kind: in.Kind, name: in.Name}
}

// message takes one message of the bot.
func (c *conversation) message(m message) (end call.Event, over bool) {
	switch {
	case m.err != nil:
		return c.closed(m.err)
	case m.problem != "":
		c.ignore(m.problem)
	case m.kind == twiliomedia.Media:
		c.voice.audio(c, m.audio)
	case m.kind == twiliomedia.Mark:
		c.Send(call.Event{Kind: call.EventMark, Name: m.name})
	case m.kind == twiliomedia.Clear:
		c.Send(call.Event{Kind: call.EventClear})
		c.voice.cut()
	}
	return call.Event{}, false
}

// ignore counts a message that nobody can make sense of. The first of a call is
// logged, as Twilio warns once of a stream (31951).
func (c *conversation) ignore(problem string) {
	c.ignored++
	if c.ignored == 1 {
		c.log.Warn("the bot sent a message that media streams do not have; it and any other is ignored",
			telemetry.KeyReason, problem)
	}
}
