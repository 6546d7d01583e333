package scripted

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// Engine is the scripted engine. It holds no state of calls.
type Engine struct {
	speaker    *speech.Speaker
	recognizer *speech.Recognizer
}

var (
	_ call.Engine   = (*Engine)(nil)
	_ call.Preparer = (*Engine)(nil)
)

// New makes an Engine with a voice and ears.
func New(s *speech.Speaker, r *speech.Recognizer) *Engine {
	return &Engine{speaker: s, recognizer: r}
}

// Check reports what is wrong with a script, including keywords that the
// recogniser of this machine, if there is one, cannot pronounce.
func (e *Engine) Check(script string) error {
	s, err := ParseScript([]byte(script))
	if err != nil {
		return err
	}
	return s.checkWords(e.recognizer)
}

// Formats implements call.Engine: the voice and the ears work at 16 kHz.
func (e *Engine) Formats(audio.Format) (in, out audio.Format) {
	return audio.Linear16k, audio.Linear16k
}

// Open implements call.Engine.
func (e *Engine) Open(ctx context.Context, c call.Config) (call.Conversation, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open conversation: %w", err)
	}
	if c.In != audio.Linear16k || c.Out != audio.Linear16k {
		return nil, fmt.Errorf("open conversation: formats %v and %v are not %v", c.In, c.Out, audio.Linear16k)
	}
	p, err := e.plan(c)
	if err != nil {
		return nil, err
	}
	return start(ctx, p), nil
}

// Prepare implements call.Preparer: it renders every sentence of the script.
func (e *Engine) Prepare(ctx context.Context, c call.Config) error {
	p, err := e.plan(c)
	if err != nil {
		return err
	}
	for _, l := range p.lines() {
		if _, err := e.speaker.Render(ctx, p.utterance(l)); err != nil {
			return fmt.Errorf("render %q: %w", l.text, err)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("render: %w", err)
		}
	}
	return nil
}

// plan is a script made ready for one call.
type plan struct {
	*Engine
	config   call.Config
	script   *Script
	mode     string                     // of speech
	keywords map[*state]*speech.Grammar // empty if only keys are understood
	// answers are the keywords with yes and no. With the keywords among them
	// a word that is no answer is seldom taken for one.
	answers map[*state]*speech.Grammar
}

func (e *Engine) plan(c call.Config) (*plan, error) {
	var o api.ScriptedEngine
	if len(c.Options) > 0 {
		if err := json.Unmarshal(c.Options, &o); err != nil {
			return nil, fmt.Errorf("options of the scripted engine: %w", err)
		}
	}
	s, err := ParseScript([]byte(o.ScriptJSON))
	if err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	p := &plan{Engine: e, config: c, script: s, mode: o.TTS}
	if o.STT != api.STTNone && e.recognizer.Understands(c.Language) {
		// Check told about unknown words when the assistant was stored. If it
		// was stored on a machine without a dictionary, the keys still work.
		if p.hear() != nil {
			p.keywords, p.answers = nil, nil
		}
	}
	return p, nil
}

// hear prepares the grammars.
func (p *plan) hear() (err error) {
	p.keywords, p.answers = map[*state]*speech.Grammar{}, map[*state]*speech.Grammar{}
	for _, st := range p.script.states {
		if st.gather == nil || len(st.gather.keywords) == 0 {
			continue
		}
		phrases := slices.Collect(maps.Keys(st.gather.keywords))
		if p.keywords[st], err = p.recognizer.Grammar(phrases); err != nil {
			return err
		}
		if p.answers[st], err = p.recognizer.Grammar(append(phrases, yes, no)); err != nil {
			return err
		}
	}
	return nil
}
