package conversationrelay

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/conversationrelay"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	// longestTurn is how much of a turn is written down: its end.
	longestTurn = 30 * time.Second
	// maxTurns wait to be written down.
	maxTurns = 4
	// transcribeTimeout is less than the call waits for a sign of life after a
	// turn.
	transcribeTimeout = 8 * time.Second
	// maxFailures is how many turns in a row may fail to be written down.
	maxFailures = 3
)

// turn is what the caller said.
type turn struct {
	sound    audio.Sound
	language string
}

// words are a turn that was written down.
type words struct {
	text string
	err  error
}

// hear takes in the caller audio that waits.
func (c *conversation) hear() {
	for c.Alive().Err() == nil && c.Heard().Read(c.frame) {
		if c.ear == nil {
			continue
		}
		switch v := c.ear.Hear(c.frame); v.Change {
		case audio.SpeechStarted:
			c.Send(call.Event{Kind: call.EventSpeechStarted})
		case audio.SpeechStopped:
			c.Send(call.Event{Kind: call.EventSpeechStopped})
			sound, _ := c.ear.Turn(v)
			select {
			case c.turns <- turn{sound, c.hears}:
			default:
				c.unanswered()
			}
		}
	}
}

// unanswered tells the session that nobody will answer the caller's turn.
func (c *conversation) unanswered() {
	c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Final: true})
}

// transcribe has turns written down, one after the other.
func (c *conversation) transcribe() {
	for {
		select {
		case t := <-c.turns:
			ctx, cancel := context.WithTimeout(c.Alive(), transcribeTimeout)
			text, err := c.stt.Transcribe(ctx, t.sound, t.language)
			cancel()
			select {
			case c.heard <- words{text, err}:
			case <-c.Alive().Done():
				return
			}
		case <-c.Alive().Done():
			return
		}
	}
}

// prompt gives the bot what the caller said.
func (c *conversation) prompt(w words) (end call.Event, over bool) {
	if w.err != nil {
		c.failures++
		if c.failures == maxFailures {
			return call.Event{Reason: "transcription", Err: w.err}, true
		}
		c.log.Warn("the caller's turn was not written down", telemetry.KeyError, w.err)
		c.complain("speech recognition failed")
		c.unanswered()
		return end, false
	}
	c.failures = 0
	if w.text == "" || c.ended {
		c.unanswered()
		return end, false
	}
	c.Send(call.Event{Kind: call.EventTranscript, Role: call.RoleCaller, Text: w.text, Final: true})
	c.voice.skip = false
	c.write(func(dst []byte) []byte { return conversationrelay.AppendPrompt(dst, w.text, c.hears) })
	if c.broken == nil {
		c.timer.Reset(answerWithin)
	}
	return end, false
}
