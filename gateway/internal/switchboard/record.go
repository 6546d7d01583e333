package switchboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// record is the stored form of what a finished call left behind.
type record struct {
	Outcome   string        `json:"outcome"`
	EndReason string        `json:"end_reason"`
	Transfer  *api.CallMove `json:"transfer,omitempty"`
	Asked     bool          `json:"asked,omitempty"` // the platform asked what comes next
	Turns     []api.Turned  `json:"turns,omitempty"`
	Stats     api.CallStats `json:"stats"`
}

func recordOf(r call.Result) record {
	out := record{
		Outcome: string(r.Outcome), EndReason: string(r.Reason),
		Stats: api.CallStats{
			FramesIn: r.Stats.FramesIn, FramesOut: r.Stats.FramesOut, DroppedIn: r.Stats.DroppedIn,
			Interruptions: r.Stats.Interruptions, FirstAudioMS: r.Stats.FirstAudio.Milliseconds(),
			SilenceFilledMS: r.Stats.SilenceFilled.Milliseconds(),
		},
	}
	if r.Transfer != nil {
		out.Transfer = &api.CallMove{Destination: r.Transfer.Destination, Summary: r.Transfer.Summary}
	}
	var latencies []int64
	for _, t := range r.Turns {
		turn := api.Turned{Role: string(t.Role), Text: t.Text, AtMS: t.At.Milliseconds(), Interrupted: t.Interrupted}
		if t.Role == call.RoleAssistant {
			turn.HeardMS = new(t.Heard.Milliseconds())
			if t.Latency > 0 {
				turn.LatencyMS = new(t.Latency.Milliseconds())
				latencies = append(latencies, t.Latency.Milliseconds())
			}
		}
		out.Turns = append(out.Turns, turn)
	}
	slices.Sort(latencies)
	out.Stats.LatencyP50MS, out.Stats.LatencyP95MS = percentile(latencies, 50), percentile(latencies, 95)
	return out
}

// percentile by the nearest-rank method; sorted may be empty.
func percentile(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*p+99)/100-1]
}

func decodeEnding(data []byte) (call.Ending, error) {
	var e call.Ending
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("decode stored ending: %w", err)
	}
	return e, nil
}

// Record is the API form of a stored call.
func Record(row store.Call) (api.Call, error) {
	c := api.Call{
		ID: row.ID, ChannelID: row.ChannelID, ChannelKind: row.ChannelKind, AssistantID: row.AssistantID,
		AssistantRevision: row.AssistantRevision, ProviderApplication: row.ProviderApplication,
		ProviderCallID: row.ProviderCallID, From: row.From, To: row.To, State: row.State,
		StartedAt: row.StartedAt, AnsweredAt: row.AnsweredAt, EndedAt: row.EndedAt,
	}
	if row.Record != nil {
		var r record
		if err := json.Unmarshal(row.Record, &r); err != nil {
			return c, fmt.Errorf("decode record of call %s: %w", row.ID, err)
		}
		c.Outcome, c.EndReason, c.Transfer, c.Turns, c.Stats = r.Outcome, r.EndReason, r.Transfer, r.Turns, r.Stats
	}
	return c, nil
}

// Report implements channel.Gateway.
func (s *Switchboard) Report(ctx context.Context, channelID, providerCallID string, r channel.Report) error {
	key := callerKey{channelID, providerCallID}
	if r.Final && s.abandon(ctx, key) {
		return nil
	}
	if e, ok := s.served(key); ok {
		return s.reportHere(ctx, e, r)
	}
	row, err := s.settled(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return channel.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read call of channel %s: %w", channelID, err)
	}
	done := recorded{state: row.State}
	switch {
	case row.Record != nil:
		if err := json.Unmarshal(row.Record, &done.record); err != nil {
			return fmt.Errorf("decode record of call %s: %w", row.ID, err)
		}
	case row.AnsweredAt == nil && r.Final:
		return s.abandonElsewhere(ctx, row)
	default:
		return nil // it runs on another node, which stores the record
	}
	s.apply(r, &done)
	data, err := json.Marshal(done.record)
	if err != nil {
		return fmt.Errorf("encode record of call %s: %w", row.ID, err)
	}
	return s.Store.FinishCall(ctx, row.ID, data, *row.EndedAt, done.state)
}

// settled reads a call that is not this node's. When it has just ended on another
// node, which tells the platform before it stores the record, it waits for that.
func (s *Switchboard) settled(ctx context.Context, key callerKey) (store.Call, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		row, err := s.Store.CallByProviderID(ctx, key.channelID, key.providerCallID)
		if err != nil || row.Ending == nil || row.Record != nil {
			return row, err
		}
		select {
		case <-ctx.Done():
			return row, nil
		case <-tick.C:
		}
	}
}

// settleEvery is how often settled looks again.
const settleEvery = 100 * time.Millisecond

// reportHere adds what the platform reports to a call that this process served.
func (s *Switchboard) reportHere(ctx context.Context, e *entry, r channel.Report) error {
	e.record.Lock()
	defer e.record.Unlock()
	if e.done == nil {
		if len(e.reports) < maxReports {
			e.reports = append(e.reports, r)
		}
		return nil
	}
	s.apply(r, e.done)
	if err := s.saveDone(ctx, e); err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("store report on call %s: %w", e.id, err)
	}
	return nil // ErrNotFound: nobody answered the call, and its end is stored
}

// abandonElsewhere ends a call that another node offered and whose caller gave
// up before the media connected.
func (s *Switchboard) abandonElsewhere(ctx context.Context, row store.Call) error {
	ending, err := json.Marshal(hungUp)
	if err != nil {
		return fmt.Errorf("encode ending of call %s: %w", row.ID, err)
	}
	now := s.Now().UTC()
	if row.Record, err = json.Marshal(recordOf(call.Result{Ending: hungUp, Ended: now})); err != nil {
		return fmt.Errorf("encode record of call %s: %w", row.ID, err)
	}
	row.Ending, row.EndedAt, row.State = ending, &now, api.CallEnded
	err = s.Store.SaveCall(ctx, row)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was answered or ended meanwhile
	}
	return err
}

// maxReports bounds what a platform may report before a call is over.
const maxReports = 16

// apply adds what the platform reports to the end of a call.
func (s *Switchboard) apply(r channel.Report, done *recorded) {
	if r.TransferResult != "" && done.Transfer != nil {
		if done.Transfer.Result == "" {
			s.Metrics.Transfers.WithLabelValues(r.TransferMethod, r.TransferResult).Inc()
		}
		done.Transfer.Method, done.Transfer.Result = r.TransferMethod, r.TransferResult
	}
	done.Asked = done.Asked || r.Asked
	if r.Final {
		done.state = api.CallEnded
	}
}

// Asked implements channel.Gateway. Only the store knows what other nodes were
// asked.
func (s *Switchboard) Asked(ctx context.Context, channelID, providerCallID string) (bool, error) {
	bounded, cancel := lasting(ctx)
	defer cancel()
	row, err := s.Store.CallByProviderID(bounded, channelID, providerCallID)
	if err != nil {
		return false, fmt.Errorf("read call of channel %s: %w", channelID, err)
	}
	var r record
	if row.Record != nil {
		if err := json.Unmarshal(row.Record, &r); err != nil {
			return false, fmt.Errorf("decode record of call %s: %w", row.ID, err)
		}
	}
	return r.Asked, nil
}
