package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Channel is the stored form of a channel, without its secrets. Its fields are
// the table's columns, in their order.
type Channel struct {
	ID                 string
	Kind               string
	AssistantID        string
	Revision           int64
	Spec               []byte // JSON
	DeletionProtection bool
	CredentialsVersion int64
	PreviousExpireAt   *time.Time
	CreatedAt          time.Time
	UpdatedAt          time.Time
	UpdatedBy          string
	// GroupID is the CredentialGroup whose credentials the channel has; empty
	// while it has its own.
	GroupID string
}

// CredentialsOwner is whose credentials the channel has: its own id or that of
// its group.
func (c Channel) CredentialsOwner() string {
	if c.GroupID != "" {
		return c.GroupID
	}
	return c.ID
}

func (c Channel) utc() Channel {
	c.PreviousExpireAt = utcOrNil(c.PreviousExpireAt)
	c.CreatedAt, c.UpdatedAt = utc(c.CreatedAt), utc(c.UpdatedAt)
	return c
}

func channel(row query.Channel) Channel { return Channel(row).utc() }

// Channel finds a channel by id. Errors: ErrNotFound.
func (r reader) Channel(ctx context.Context, id string) (Channel, error) {
	row, err := r.q.Channel(ctx, id)
	return channel(row), found("channel", id, err)
}

// Channels lists up to limit channels with ids above after, in the order of
// ids. An empty kind or assistantID means all.
func (r reader) Channels(ctx context.Context, kind, assistantID, after string, limit int) ([]Channel, error) {
	rows, err := r.q.Channels(ctx, query.ChannelsParams{
		After: after, Kind: kind, AssistantID: assistantID, MaxRows: page(limit),
	})
	return convert(rows, channel), wrap("list channels", err)
}

// ChannelIDsOf lists the channels of an assistant, in the order of ids.
func (r reader) ChannelIDsOf(ctx context.Context, assistantID string) ([]string, error) {
	ids, err := r.q.ChannelIDsOf(ctx, assistantID)
	return ids, wrap("list channels of assistant", err)
}

// InsertChannel stores a new channel with the revision of the transaction. The
// assistant must exist. Errors: ConflictError, ErrGone.
func (t *Tx) InsertChannel(ctx context.Context, c Channel) error {
	if err := t.notGone(ctx, c.ID, c.CreatedAt); err != nil {
		return err
	}
	c.Revision = t.Revision
	err := t.q.InsertChannel(ctx, query.InsertChannelParams(c.utc()))
	return wrap("insert channel", t.dialect.conflict(err))
}

// UpdateChannel replaces everything but the kind and the creation time of a
// channel and gives it the revision of the transaction. The assistant must
// exist. Errors: ErrNotFound.
func (t *Tx) UpdateChannel(ctx context.Context, c Channel) error {
	c = c.utc()
	n, err := t.q.UpdateChannel(ctx, query.UpdateChannelParams{
		ID: c.ID, AssistantID: c.AssistantID, Revision: t.Revision, Spec: c.Spec,
		DeletionProtection: c.DeletionProtection, CredentialsVersion: c.CredentialsVersion,
		PreviousExpireAt: c.PreviousExpireAt, UpdatedAt: c.UpdatedAt, UpdatedBy: c.UpdatedBy, GroupID: c.GroupID,
	})
	return changed("update channel", c.ID, n, err)
}

// DeleteChannel deletes a channel and its own credentials; those of its group
// are for DeleteEmptyGroup. Errors: ErrNotFound.
func (t *Tx) DeleteChannel(ctx context.Context, id string) error {
	n, err := t.q.DeleteChannel(ctx, id)
	if err := changed("delete channel", id, n, err); err != nil {
		return err
	}
	return t.DeleteCredentials(ctx, id)
}
