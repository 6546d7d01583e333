package server

import (
	"context"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	engineall "github.com/va-gateway/terraform-provider-va/gateway/internal/engine/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/switchboard"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

const (
	// maxPrepare assistants wait to have their prompts rendered; more than
	// that are rendered when their first call comes.
	maxPrepare     = 1000
	prepareTimeout = 30 * time.Second
)

// engines are the built-in ones, unless a test replaces them.
func (s *Server) engines() map[string]call.Engine {
	s.speaker = speech.New(speech.Options{Log: s.log})
	s.hearing = speech.NewRecognizer(speech.RecognizerOptions{Log: s.log})
	engines := engineall.All(s.speaker, s.hearing, s.outside, s.log)
	s.scripts = engines[api.EngineKindScripted].(scriptChecker) //nolint:forcetypeassert // the scripted engine is one
	for kind, e := range s.options.Engines {
		engines[kind] = e
	}
	return engines
}

func (s *Server) notices() call.Notices {
	failed, noLiveAgent := speech.Notices()
	return call.Notices{Failed: failed, NoLiveAgent: noLiveAgent}
}

// scriptChecker is an engine that can check a script before a call needs it.
type scriptChecker interface {
	Check(script string) error
}

// engineProblem says why an assistant's engine cannot start on this node.
func (s *Server) engineProblem(a api.Assistant) string {
	if a.Engine == nil || a.Engine.Scripted == nil {
		return ""
	}
	e := a.Engine.Scripted
	switch {
	case e.TTS == api.TTSEspeak && s.speaker.Name() != api.TTSEspeak:
		return "engine: tts is espeak-ng, which is not installed on this gateway"
	case e.STT == api.STTPocketsphinx && s.hearing.Name() != api.STTPocketsphinx:
		return "engine: stt is pocketsphinx, which is not installed on this gateway"
	case e.ScriptJSON != "":
		if err := s.scripts.Check(e.ScriptJSON); err != nil {
			return fmt.Sprintf("engine: script_json: %v", err)
		}
	}
	return ""
}

// enqueue lets the assistant's prompts be rendered before its next call.
func (s *Server) enqueue(a api.Assistant) {
	select {
	case s.prepare <- a:
	default: // rendered when the call comes
	}
}

func (s *Server) prepareLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-s.prepare:
			s.prepareAssistant(ctx, a)
		}
	}
}

func (s *Server) prepareAssistant(ctx context.Context, a api.Assistant) {
	preparer, ok := s.board.Engines[a.EngineKind()].(call.Preparer)
	if !ok {
		return
	}
	config, err := switchboard.EngineConfig(a)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
		defer cancel()
		err = preparer.Prepare(ctx, config)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Warn("prompts not rendered ahead", telemetry.KeyAssistant, a.ID, telemetry.KeyError, err)
	}
}
