package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// CloseLost closes the records of calls that a node left open: their media died
// with it. That is this node's id at start, for the process before this one.
func (s *Switchboard) CloseLost(ctx context.Context, nodeID string) error {
	data, err := json.Marshal(record{
		Outcome: string(call.OutcomeFailed), EndReason: string(call.ReasonGatewayLost),
	})
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	for {
		rows, err := s.Store.CallsUnfinished(ctx, nodeID)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			err := s.Store.CloseLostCall(ctx, row.ID, nodeID, data, s.Now().UTC())
			if errors.Is(err, store.ErrNotFound) {
				continue // another node was faster, or serves it
			}
			if err != nil {
				return err
			}
			s.Logger.Warn("call ended", telemetry.KeyCall, row.ID, telemetry.KeyChannel, row.ChannelID,
				telemetry.KeyReason, string(call.ReasonGatewayLost), "detail", "it was on "+nodeID)
		}
	}
}

const (
	flushEvery = time.Second
	// lookEvery is how soon the place of a call is free that another node took.
	lookEvery = 5 * time.Second
)

// Run stores what could not be stored, and frees the places of calls that other
// nodes took over, until the context ends.
func (s *Switchboard) Run(ctx context.Context) {
	flush, look := time.NewTicker(flushEvery), time.NewTicker(lookEvery)
	defer flush.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			s.keep.flush(ctx)
		case <-look.C:
			if s.Store.Shared() {
				s.yield(ctx)
			}
		}
	}
}

// yield forgets waiting calls that another node answered or ended.
func (s *Switchboard) yield(ctx context.Context) {
	s.mu.Lock()
	waiting := slices.DeleteFunc(slices.Collect(maps.Values(s.byID)), func(e *entry) bool { return e.served })
	s.mu.Unlock()
	for _, e := range waiting {
		bounded, cancel := lasting(ctx)
		row, err := s.Store.Call(bounded, e.id)
		cancel()
		if outage(err) || ctx.Err() != nil {
			return
		}
		if err == nil && (row.AnsweredAt != nil || row.EndedAt != nil) {
			s.leave(e)
		}
	}
}

// leave forgets a call and frees its place, unless its media came just now.
func (s *Switchboard) leave(e *entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !e.served && s.byID[e.id] == e {
		s.remove(e)
		s.Registry.Release(e.id)
	}
}
