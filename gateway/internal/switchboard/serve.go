package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
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

	if !s.begin(ctx, e) {
		s.drop(e)
		return call.Result{}, fmt.Errorf("call %s: %w", callID, channel.ErrNotFound)
	}
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
	result, err := session.Run(ctx)
	s.finish(ctx, e, result)
	return result, err
}

// begin makes the call this node's. It reports false when another node has it,
// or when it ended. Without a database the node that holds the ticket serves.
func (s *Switchboard) begin(ctx context.Context, e *entry) bool {
	e.record.Lock()
	defer e.record.Unlock()
	now := s.Now().UTC()
	e.row.NodeID, e.row.State, e.row.AnsweredAt = s.NodeID, api.CallRunning, &now
	if s.keep.replace(e.row) {
		return true
	}
	bounded, cancel := lasting(ctx)
	defer cancel()
	err := s.Store.StartCall(bounded, e.id, s.NodeID, now)
	if !outage(err) {
		return err == nil
	}
	if err := s.keep.add(e.row, err); err != nil {
		s.Logger.Error("call record not updated", telemetry.KeyCall, e.id, telemetry.KeyError, err)
	}
	return true
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
	config.CallID, config.From, config.To = e.id, e.offer.From, e.offer.To
	config.Secret = secretsOf(e.live)
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
		Commit:       func(ctx context.Context, ending *call.Ending) error { return s.commit(ctx, e, ending) },
		Observe:      s.Metrics.Observe(a.EngineKind()),
		Log:          s.Logger,
	}, nil
}

// EngineConfig is what an assistant tells its engine, before a call adds its
// own part.
func EngineConfig(a api.Assistant) (call.Config, error) {
	c := call.Config{
		Language: a.Language, Instructions: a.Instructions, Greeting: a.Greeting,
		CallerFirst: a.GreetingMode == api.CallerFirst, Generated: a.GreetingMode == api.Generated,
		Voice: call.Voice{Speed: api.DefaultVoiceSpeed},
		Turn:  call.Turn{Silence: api.DefaultTurnSilence, MinInterrupt: api.DefaultMinInterrupt},
		Vars:  map[string]string{},
	}
	maps.Copy(c.Vars, a.Variables)
	switch {
	case c.Generated:
		c.Greeting = ""
	case c.Greeting == "" && !c.CallerFirst:
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
	if o := a.EngineOptions(); o != nil {
		options, err := json.Marshal(o)
		if err != nil {
			return c, fmt.Errorf("encode engine options of assistant %s: %w", a.ID, err)
		}
		c.Options = options
	}
	return c, nil
}

// secretsOf finds the secrets of the engine of a channel's assistant. A call
// keeps those it began with.
func secretsOf(l *channel.Live) call.Secrets {
	place := "engine." + l.Assistant.EngineKind() + "."
	return func(name string) string { return l.Keys[place+name].Reveal() }
}

// commit remembers how a call ends before the platform can ask; nil means that
// it goes on after all.
func (s *Switchboard) commit(ctx context.Context, e *entry, ending *call.Ending) error {
	s.mu.Lock()
	e.ending = ending
	s.mu.Unlock()
	var data []byte
	if ending != nil {
		var err error
		if data, err = json.Marshal(ending); err != nil {
			return fmt.Errorf("encode ending of call %s: %w", e.id, err)
		}
	}
	e.record.Lock()
	defer e.record.Unlock()
	e.row.Ending = data
	return s.keep.save(ctx, e.row)
}

// finish stores the record, counts the call and frees its place. It reports
// false for a call that was never answered here and is another node's.
func (s *Switchboard) finish(ctx context.Context, e *entry, r call.Result) bool {
	err := s.storeRecord(ctx, e, r)
	if errors.Is(err, store.ErrNotFound) && e.row.AnsweredAt == nil {
		s.drop(e)
		return false
	}
	if err != nil {
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
	return true
}

func (s *Switchboard) storeRecord(ctx context.Context, e *entry, r call.Result) error {
	e.record.Lock()
	defer e.record.Unlock()
	done := &recorded{recordOf(r), api.CallEnded}
	if r.Transfer != nil {
		done.state = api.CallDialling
	}
	for _, report := range e.reports {
		s.apply(report, done)
	}
	e.done, e.reports = done, nil
	e.row.EndedAt = new(r.Ended.UTC())
	if e.row.Ending == nil {
		data, err := json.Marshal(r.Ending)
		if err != nil {
			return fmt.Errorf("encode ending: %w", err)
		}
		e.row.Ending = data
	}
	return s.saveDone(ctx, e)
}

// saveDone stores the record of a call that ended here. e.record is held.
func (s *Switchboard) saveDone(ctx context.Context, e *entry) error {
	data, err := json.Marshal(e.done.record)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	e.row.Record, e.row.State = data, e.done.state
	return s.keep.save(ctx, e.row)
}

func (s *Switchboard) forget(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[e.id] == e {
		s.remove(e)
	}
}

func (s *Switchboard) labels(e *entry) []string {
	return []string{e.live.Kind, e.live.Assistant.Name, e.live.Body.Common().ProviderApplication}
}
