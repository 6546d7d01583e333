package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Call is the stored form of a call. It outlives its channel and assistant. Its
// fields are the table's columns, in their order.
type Call struct {
	ID                  string
	ChannelID           string
	ChannelKind         string
	AssistantID         string
	AssistantRevision   int64
	ProviderApplication string
	ProviderCallID      string // unique for each channel
	Account             string
	From                string
	To                  string
	NodeID              string // the node that offered it, then the one that serves it
	State               string
	Ending              []byte // JSON; nil until it is known how the call ends
	Record              []byte // JSON; nil until the call ended
	StartedAt           time.Time
	AnsweredAt          *time.Time
	EndedAt             *time.Time
}

// CallFilter chooses calls. Empty fields mean all.
type CallFilter struct {
	ChannelID string
}

func (c Call) utc() Call {
	c.StartedAt, c.AnsweredAt, c.EndedAt = utc(c.StartedAt), utcOrNil(c.AnsweredAt), utcOrNil(c.EndedAt)
	return c
}

func call(row query.Call) Call { return Call(row).utc() }

// InsertCall stores a call that was offered. Errors: ConflictError, also when
// the channel has a call with this ProviderCallID already (CallByProviderID).
func (s *Store) InsertCall(ctx context.Context, c Call) error {
	err := s.q.InsertCall(ctx, query.InsertCallParams(c.utc()))
	return wrap("insert call", s.dialect.conflict(err))
}

// Call finds a call by id. Errors: ErrNotFound.
func (s *Store) Call(ctx context.Context, id string) (Call, error) {
	row, err := s.q.Call(ctx, id)
	return call(row), found("call", id, err)
}

// CallByProviderID finds a call of a channel by the platform's id. Errors:
// ErrNotFound.
func (s *Store) CallByProviderID(ctx context.Context, channelID, providerCallID string) (Call, error) {
	row, err := s.q.CallByProviderID(ctx, query.CallByProviderIDParams{
		ChannelID: channelID, ProviderCallID: providerCallID,
	})
	return call(row), found("call with provider id", providerCallID, err)
}

// Calls lists up to limit calls with ids below after, the newest first. An
// empty after starts with the newest.
func (s *Store) Calls(ctx context.Context, f CallFilter, after string, limit int) ([]Call, error) {
	rows, err := s.q.Calls(ctx, query.CallsParams{After: after, ChannelID: f.ChannelID, MaxRows: page(limit)})
	return convert(rows, call), wrap("list calls", err)
}

// CallsUnfinished lists the calls of a node that have not ended, the oldest
// first, 1,000 at most: finish them and ask again.
func (s *Store) CallsUnfinished(ctx context.Context, nodeID string) ([]Call, error) {
	rows, err := s.q.CallsUnfinished(ctx, query.CallsUnfinishedParams{NodeID: nodeID, MaxRows: maxPage})
	return convert(rows, call), wrap("list unfinished calls", err)
}

// StartCall notes that media flows to a node: the state becomes "running". Of
// several nodes that try, one gets the call. Errors: ErrNotFound, also for a
// call that was answered or ended before.
func (s *Store) StartCall(ctx context.Context, id, nodeID string, answeredAt time.Time) error {
	n, err := s.q.StartCall(ctx, query.StartCallParams{ID: id, NodeID: nodeID, AnsweredAt: new(utc(answeredAt))})
	return changed("start call", id, n, err)
}

// FinishCall replaces the record of a call, JSON, when the platform reports more.
// Errors: ErrNotFound.
func (s *Store) FinishCall(ctx context.Context, id string, record []byte, endedAt time.Time, state string) error {
	n, err := s.q.FinishCall(ctx, query.FinishCallParams{
		ID: id, Record: record, EndedAt: new(utc(endedAt)), State: state,
	})
	return changed("finish call", id, n, err)
}

// SaveCall stores a whole call as its node knows it, whatever of it is stored
// already. Errors: ErrNotFound when another node answered it, or when it was
// never answered and ended before; ConflictError as for InsertCall.
func (s *Store) SaveCall(ctx context.Context, c Call) error {
	n, err := s.q.SaveCall(ctx, query.SaveCallParams(c.utc()))
	return changed("save call", c.ID, n, s.dialect.conflict(err))
}

// CloseLostCall ends a call of a node that is gone. Errors: ErrNotFound, also
// for a call that ended, or that another node has by now.
func (s *Store) CloseLostCall(ctx context.Context, id, nodeID string, record []byte, endedAt time.Time) error {
	n, err := s.q.CloseLostCall(ctx, query.CloseLostCallParams{
		ID: id, NodeID: nodeID, Record: record, EndedAt: new(utc(endedAt)),
	})
	return changed("close lost call", id, n, err)
}
