package conversationrelay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/ownvoice"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	// renderTimeout bounds a sentence of the gateway's own voice, after which a
	// recorded prompt is heard, and speakTimeout one of a service.
	renderTimeout = 3 * time.Second
	speakTimeout  = 5 * time.Second
	// fetchTimeout and maxFetch bound a sound that a bot wants to have played.
	fetchTimeout = 5 * time.Second
	maxFetch     = 5 << 20
)

// sounded is a job that was given a sound.
type sounded struct {
	job
	sound audio.Sound
	err   error
}

// render gives jobs their sounds, one after the other.
func (c *conversation) render() {
	for {
		select {
		case j := <-c.work:
			s := sounded{job: j}
			if j.kind == jobPlay {
				s.sound, s.err = c.fetch(j.source)
			} else {
				s.sound, s.err = c.sound(j)
			}
			c.done <- s // has room: one job is given away at a time
		case <-c.Alive().Done():
			return
		}
	}
}

// sound speaks a sentence; with the gateway's own voice if the service fails.
func (c *conversation) sound(j job) (audio.Sound, error) {
	if c.tts != nil {
		ctx, cancel := context.WithTimeout(c.Alive(), speakTimeout)
		s, err := c.tts.Speak(ctx, j.text, c.serviceVoice(), c.config.Voice.Speed)
		if err == nil {
			s, err = s.Resampled(speech.Rate)
		}
		cancel()
		if err == nil {
			return s, nil
		}
		if c.Alive().Err() == nil {
			c.log.Warn("a sentence is spoken with the gateway's own voice", telemetry.KeyError, err)
		}
	}
	ctx, cancel := context.WithTimeout(c.Alive(), renderTimeout)
	defer cancel()
	return c.engine.speaker.Render(ctx, utteranceOf(c.config, j.text, j.language, j.purpose))
}

func (c *conversation) serviceVoice() string {
	if id := c.config.Voice.ID; id != "" {
		return id
	}
	return api.DefaultSpeechVoice
}

// utteranceOf is a sentence in the gateway's own voice. It is not longer than
// what that speaks.
func utteranceOf(c call.Config, text, language string, p speech.Purpose) speech.Utterance {
	if r := []rune(text); len(r) > speech.MaxText {
		text = string(r[:speech.MaxText])
	}
	u := ownvoice.Utterance(c, text, p)
	u.Language = language
	return u
}

// Errors of fetch, which the bot is told.
var (
	errSource = errors.New("the source is not an https URL of an allowed host")
	errFetch  = errors.New("the source cannot be fetched")
	errSound  = errors.New("the source is not a WAV file of linear, A-law or µ-law audio")
)

// fetch reads a sound that a bot wants to have played. Plain http reaches only
// the networks that requests of the gateway may reach without TLS.
func (c *conversation) fetch(source string) (audio.Sound, error) {
	u, err := url.Parse(source)
	if err != nil || u.User != nil || !slices.Contains(c.hosts, u.Hostname()) {
		return audio.Sound{}, errSource
	}
	ctx, cancel := context.WithTimeout(c.Alive(), fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return audio.Sound{}, errSource
	}
	res, err := c.engine.doer.DoUpTo(r, maxFetch)
	if err != nil {
		return audio.Sound{}, errFetch
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return audio.Sound{}, fmt.Errorf("%w: status %d", errFetch, res.StatusCode)
	}
	s, err := audio.ReadWAV(res.Body)
	if err == nil {
		s, err = s.Resampled(speech.Rate)
	}
	if err != nil {
		return audio.Sound{}, errSound
	}
	return s, nil
}
