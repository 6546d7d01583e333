package switchboard

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Serve implements channel.Gateway.
func (s *Switchboard) Serve(ctx context.Context, callID string, leg call.Leg) (call.Result, error) {
	s.mu.Lock()
	e, ok := s.byID[callID]
	if !ok || e.served || s.closed {
		s.mu.Unlock()
		return call.Result{}, fmt.Errorf("call %s: %w", callID, channel.ErrNotFound)
	}
	e.served = true
	e.timer.Stop()
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()

	session, err := s.session(e, leg)
	if err != nil {
		s.finish(ctx, e, call.Result{
			Ending: call.Ending{Reason: call.ReasonEngineFailed, Outcome: call.OutcomeFailed}, Ended: s.Now().UTC(),
		})
		return call.Result{}, err
	}
	s.Registry.Attach(callID, session)
	labels := s.labels(e)
	s.Metrics.CallsActive.WithLabelValues(labels...).Inc()
	defer s.Metrics.CallsActive.WithLabelValues(labels...).Dec()
	s.Logger.Info("call started", telemetry.KeyCall, e.id, telemetry.KeyChannel, e.live.ID,
		telemetry.KeyAssistant, e.live.Assistant.ID, telemetry.KeyKind, e.live.Kind)
	if err := s.Store.StartCall(ctx, e.id, s.Now().UTC()); err != nil {
		s.Logger.Error("call record not updated", telemetry.KeyCall, e.id, telemetry.KeyError, err)
	}
	result, err := session.Run(ctx)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	s.finish(end, e, result)
	return result, err
}

func (s *Switchboard) session(e *entry, leg call.Leg) (*call.Session, error) {
	a := e.live.Assistant
	engine, ok := s.Engines[a.EngineKind()]
	if !ok {
		return nil, fmt.Errorf("engine %q is not part of this gateway", a.EngineKind())
	}
	config, err := EngineConfig(a)
	if err != nil {
		return nil, err
	}
	config.CallID = e.id
	maps.Copy(config.Vars, e.offer.Vars)
	liveAgent := s.Kinds[e.live.Kind].LiveAgent(e.live.Body)
	config.HasLiveAgent = liveAgent != ""
	destinations := map[string]string{}
	for name, t := range a.Transfers {
		destinations[name] = t.Destination
	}
	return &call.Session{
		ID: e.id, Leg: leg, Engine: engine, Config: config,
		Limits: call.Limits{
			MaxDuration:           time.Duration(a.MaxCallDuration),
			InactivityTimeout:     time.Duration(a.InactivityTimeout),
			InactivityPrompt:      a.InactivityPrompt,
			GreetingInterruptible: *a.GreetingInterruptible,
			DTMFInterrupts:        a.Turn == nil || a.Turn.DTMFInterrupts == nil || *a.Turn.DTMFInterrupts,
			FallbackToLiveAgent:   a.Fallback == api.FallbackLiveAgent,
		},
		Destinations: destinations,
		LiveAgent:    liveAgent,
		Notices:      s.Notices,
		Commit:       func(ctx context.Context, ending call.Ending) error { return s.commit(ctx, e, ending) },
		Observe:      s.Metrics.Observe(a.EngineKind()),
		Log:          s.Logger,
	}, nil
}

// EngineConfig is what an assistant tells its engine, before a call adds its
// own part.
func EngineConfig(a api.Assistant) (call.Config, error) {
	c := call.Config{
		Language: a.Language, Greeting: a.Greeting, CallerFirst: a.GreetingMode == api.CallerFirst,
		Voice: call.Voice{Speed: api.DefaultVoiceSpeed},
		Turn:  call.Turn{Silence: api.DefaultTurnSilence, MinInterrupt: api.DefaultMinInterrupt},
		Vars:  map[string]string{},
	}
	maps.Copy(c.Vars, a.Variables)
	if c.Greeting == "" && !c.CallerFirst {
		c.Greeting = api.DefaultGreeting
	}
	if v := a.Voice; v != nil {
		c.Voice = call.Voice{ID: v.ID, Speed: v.Speed, Pronunciations: v.Pronunciations}
		if v.Speed == 0 {
			c.Voice.Speed = api.DefaultVoiceSpeed
		}
	}
	if t := a.Turn; t != nil {
		if t.Silence != 0 {
			c.Turn.Silence = time.Duration(t.Silence)
		}
		if t.MinInterrupt != nil {
			c.Turn.MinInterrupt = time.Duration(*t.MinInterrupt)
		}
	}
	for name, t := range a.Transfers {
		c.Transfers = append(c.Transfers, call.Destination{
			Name: name, Description: t.Description, Announce: t.Announce,
		})
	}
	if a.Engine != nil && a.Engine.Scripted != nil {
		options, err := json.Marshal(a.Engine.Scripted)
		if err != nil {
			return c, fmt.Errorf("encode engine options of assistant %s: %w", a.ID, err)
		}
		c.Options = options
	}
	return c, nil
}

// commit remembers how a call ends before the platform can ask.
func (s *Switchboard) commit(ctx context.Context, e *entry, ending call.Ending) error {
	s.mu.Lock()
	e.ending = &ending
	s.mu.Unlock()
	data, err := json.Marshal(ending)
	if err != nil {
		return fmt.Errorf("encode ending of call %s: %w", e.id, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	return s.Store.CommitEnding(ctx, e.id, data, api.CallRunning)
}

// finish stores the record, counts the call and frees its place.
func (s *Switchboard) finish(ctx context.Context, e *entry, r call.Result) {
	if err := s.storeRecord(ctx, e, r); err != nil {
		s.Logger.Error("call record not stored", telemetry.KeyCall, e.id, telemetry.KeyError, err)
	}
	s.Metrics.CallsTotal.WithLabelValues(append(s.labels(e), string(r.Outcome))...).Inc()
	s.Registry.Release(e.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ending == nil {
		e.ending = &r.Ending
	}
	e.timer = time.AfterFunc(keepEnded, func() { s.forget(e) })
}

func (s *Switchboard) storeRecord(ctx context.Context, e *entry, r call.Result) error {
	e.record.Lock()
	defer e.record.Unlock()
	rec, state := recordOf(r), api.CallEnded
	if r.Transfer != nil {
		state = api.CallDialling
	}
	for _, report := range e.reports {
		state = s.apply(report, &rec, state)
	}
	data, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	if err := s.Store.FinishCall(ctx, e.id, data, r.Ended.UTC(), state); err != nil {
		return err
	}
	e.recorded, e.reports = true, nil
	return nil
}

func (s *Switchboard) forget(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, e.id)
	delete(s.byCaller, callerKey{e.live.ID, e.offer.ProviderCallID})
}

func (s *Switchboard) labels(e *entry) []string {
	return []string{e.live.Kind, e.live.Assistant.Name, e.live.Body.Common().ProviderApplication}
}
