package testcall

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

// Limits of a plan.
const (
	DefaultTimeout = time.Minute
	MaxTimeout     = 15 * time.Minute // what fits into a WAV of audio.MaxWAV
	MaxSteps       = 100
	maxSound       = 2 * time.Minute // of one step
)

// Renderer speaks a text.
type Renderer func(ctx context.Context, text string) (audio.Sound, error)

// Dialer places a call; see channel.Dialer.
type Dialer interface {
	Dial(ctx context.Context, p channel.Placement) (channel.Line, error)
}

// Plan is one call.
type Plan struct {
	Dialer    Dialer
	Placement channel.Placement
	Steps     []Step
	// Speak is the caller's voice, for the steps that say something.
	Speak Renderer
	// CallerFirst lets the caller begin without waiting for a greeting.
	CallerFirst bool
	// Timeout bounds the whole call; 0 means DefaultTimeout.
	Timeout time.Duration
}

// Step is one thing the caller does: exactly one of Say, Sound, Keys, Wait,
// Listen and Hangup. A caller who speaks or presses keys first lets the
// assistant finish, or gives up waiting for it after some seconds.
type Step struct {
	Say    string        // a text, spoken by Plan.Speak
	Sound  audio.Sound   // a sound, spoken as it is
	Keys   string        // keys, one after the other
	Wait   time.Duration // a pause
	Listen bool          // let the assistant finish
	Hangup bool          // end the call
	// Over starts Say, Sound or Keys when the assistant has spoken for that
	// long, to interrupt it.
	Over time.Duration
}

const keys = "0123456789*#ABCD"

func (s Step) validate() error {
	kinds := 0
	for _, set := range []bool{
		s.Say != "", len(s.Sound.Samples) > 0, s.Keys != "", s.Wait != 0, s.Listen, s.Hangup,
	} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return errors.New("a step does exactly one thing")
	case strings.Trim(s.Keys, keys) != "":
		return fmt.Errorf("keys %q are not all of %s", s.Keys, keys)
	case s.Over < 0 || s.Wait < 0:
		return errors.New("a duration is negative")
	case s.Over > 0 && (s.Wait != 0 || s.Listen || s.Hangup):
		return errors.New("only speech and keys can interrupt the assistant")
	}
	return nil
}

// action is a step that is ready to be carried out.
type action struct {
	Step
	said  string // for people
	sound audio.Sound

	frames      [][]byte // sound in the line's format
	first, last int      // the speech proper within frames, by its energy
}

// prepare checks a plan and renders what the caller says.
func (p Plan) prepare(ctx context.Context) ([]action, error) {
	switch {
	case len(p.Steps) > MaxSteps:
		return nil, fmt.Errorf("%d steps are more than %d", len(p.Steps), MaxSteps)
	case p.Timeout < 0 || p.Timeout > MaxTimeout:
		return nil, fmt.Errorf("timeout %v is outside the range 0s to %v", p.Timeout, MaxTimeout)
	}
	actions := make([]action, len(p.Steps))
	for i, s := range p.Steps {
		if err := s.validate(); err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		a, err := p.action(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		actions[i] = a
	}
	return actions, nil
}

func (p Plan) action(ctx context.Context, s Step) (action, error) {
	a := action{Step: s, said: s.Say, sound: s.Sound}
	switch {
	case s.Keys != "":
		a.said = "[" + s.Keys + "]"
	case s.Say != "" && p.Speak == nil:
		return action{}, fmt.Errorf("say %q: there is no voice", s.Say)
	case s.Say != "":
		var err error
		if a.sound, err = p.Speak(ctx, s.Say); err != nil {
			return action{}, fmt.Errorf("say %q: %w", s.Say, err)
		}
	case len(s.Sound.Samples) > 0:
		a.said = "[sound]"
	}
	if d := a.sound.Duration(); d > maxSound {
		return action{}, fmt.Errorf("a sound of %v is longer than %v", d, maxSound)
	}
	return a, nil
}

// cut divides the sound into frames and finds the speech in it. A silent sound
// is taken whole.
func (a *action) cut(f audio.Format) error {
	if len(a.sound.Samples) == 0 {
		return nil
	}
	data, err := a.sound.Encode(f)
	if err != nil {
		return err
	}
	a.first = -1
	for n := f.FrameBytes(); len(data) > 0; data = data[min(n, len(data)):] {
		frame := make([]byte, n)
		f.Silence(frame[copy(frame, data):])
		if loud(f.Codec.AppendDecode(nil, frame)) {
			if a.first < 0 {
				a.first = len(a.frames)
			}
			a.last = len(a.frames)
		}
		a.frames = append(a.frames, frame)
	}
	if a.first < 0 {
		a.first, a.last = 0, len(a.frames)-1
	}
	return nil
}
