package mediastream

import (
	"context"
	"strconv"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ownvoice"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

const (
	// pause is how long a bot says nothing when it has said what it wanted:
	// nothing on the wire tells. Bots that send in real time may be late.
	pause = 400 * time.Millisecond
	// maxSay is how many sentences of the gateway wait to be said.
	maxSay        = 4
	renderTimeout = 3 * time.Second
)

// voice follows what the caller hears of the bot, by the clock.
type voice struct {
	items int
	item  string    // utterance that is being said, empty for none
	until time.Time // when all of it will have been played
	loud  float64   // level of the last piece in dBFS
	pcm   []int16
}

// audio says a piece.
func (v *voice) audio(c *conversation, data []byte) {
	if v.item == "" {
		v.items++
		v.item = "u" + strconv.Itoa(v.items)
	}
	now := time.Now()
	if v.until.Before(now) {
		v.until = now
	}
	v.until = v.until.Add(audio.Mulaw8k.Duration(len(data)))
	v.pcm = audio.PCMU.AppendDecode(v.pcm[:0], data[:min(len(data), small)])
	v.loud = audio.RMS(v.pcm)
	if c.broken == nil {
		c.timer.Reset(v.until.Add(pause).Sub(now))
	}
	c.Send(call.Event{Kind: call.EventAudio, Item: v.item, Data: data})
}

// end completes what is being said.
func (v *voice) end(c *conversation) {
	if v.item == "" {
		return
	}
	c.Send(call.Event{Kind: call.EventAudioDone, Item: v.item})
	v.item = ""
}

// cut notes that what is being said was dropped.
func (v *voice) cut() { v.item, v.until = "", time.Time{} }

// level is that of what the caller hears, for the ear.
func (v *voice) level(now time.Time) float64 {
	if now.After(v.until) {
		return audio.Silent
	}
	return v.loud
}

// rendered is a sentence of the gateway.
type rendered struct {
	text  string
	sound []byte
}

// render gives the sentences of the gateway a voice.
func (c *conversation) render() {
	for {
		select {
		case text := <-c.say:
			if sound, err := c.sound(text); err == nil {
				select {
				case c.said <- rendered{text, sound}:
				case <-c.Alive().Done():
				}
			}
		case <-c.Alive().Done():
			return
		}
	}
}

// sound fails only for what is no sentence, or when the call is over.
func (c *conversation) sound(text string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(c.Alive(), renderTimeout)
	defer cancel()
	s, err := c.engine.speaker.Render(ctx, ownvoice.Utterance(c.config, text, speech.PurposeStillThere))
	if err != nil {
		return nil, err
	}
	return s.Encode(audio.Mulaw8k)
}

// speak says a sentence of the gateway.
func (c *conversation) speak(r rendered) {
	c.voice.end(c)
	c.voice.audio(c, r.sound)
	c.Send(call.Event{
		Kind: call.EventTranscript, Role: call.RoleAssistant, Item: c.voice.item, Text: r.text, Final: true,
	})
	c.voice.end(c)
}
