package switchboard

import (
	"context"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Refuse implements channel.Gateway. The list is kept in memory, at most
// api.MaxRefusals per configured channel: refusals come from anybody, and a
// database write for each would be a lever.
func (s *Switchboard) Refuse(_ context.Context, channelID string, r channel.Refusal) {
	kind := "unknown"
	known := false
	for name := range s.Kinds {
		if _, ok := s.Directory.Channel(name, channelID); ok {
			kind, known = name, true
		}
	}
	s.Metrics.Refusals.WithLabelValues(kind, r.Reason).Inc()
	if r.Auth {
		s.Metrics.AuthFailures.WithLabelValues(kind, r.Reason).Inc()
	}
	s.mu.Lock()
	if known {
		list := append(s.refusals[channelID], api.Refusal{
			At: s.Now().UTC(), Step: r.Step, Reason: r.Reason, Detail: r.Detail, Remote: r.Remote, NodeID: s.NodeID,
		})
		s.refusals[channelID] = list[max(0, len(list)-api.MaxRefusals):]
	}
	if !s.logging.Allow() {
		s.muted++
		s.mu.Unlock()
		return
	}
	muted := s.muted
	s.muted = 0
	s.mu.Unlock()
	logged := channelID
	if !known {
		logged = "" // what a stranger wrote into a path does not reach the log
	}
	s.Logger.Info("refused", telemetry.KeyChannel, logged, "step", r.Step, telemetry.KeyReason, r.Reason,
		"detail", r.Detail, telemetry.KeyRemote, r.Remote, "muted", muted)
}

// Refusals lists the refused attempts on a channel, newest first.
func (s *Switchboard) Refusals(channelID string) []api.Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.refusals[channelID])
	slices.Reverse(list)
	return list
}

// Sweep forgets the refusals of channels that are gone.
func (s *Switchboard) Sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.refusals {
		if !s.Directory.Has(id) {
			delete(s.refusals, id)
		}
	}
}
