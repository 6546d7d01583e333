package store

import (
	"context"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Assistant is the stored form of an assistant. Its fields are the table's
// columns, in their order.
type Assistant struct {
	ID        string
	Name      string // unique
	Revision  int64
	Spec      []byte // JSON
	CreatedAt time.Time
	UpdatedAt time.Time
	UpdatedBy string
}

func (a Assistant) utc() Assistant {
	a.CreatedAt, a.UpdatedAt = utc(a.CreatedAt), utc(a.UpdatedAt)
	return a
}

func assistant(row query.Assistant) Assistant { return Assistant(row).utc() }

// Assistant finds an assistant by id. Errors: ErrNotFound.
func (r reader) Assistant(ctx context.Context, id string) (Assistant, error) {
	row, err := r.q.Assistant(ctx, id)
	return assistant(row), found("assistant", id, err)
}

// AssistantByName finds an assistant by its unique name. Errors: ErrNotFound.
func (r reader) AssistantByName(ctx context.Context, name string) (Assistant, error) {
	row, err := r.q.AssistantByName(ctx, name)
	return assistant(row), found("assistant named", name, err)
}

// Assistants lists up to limit assistants with ids above after, in the order
// of ids.
func (r reader) Assistants(ctx context.Context, after string, limit int) ([]Assistant, error) {
	rows, err := r.q.Assistants(ctx, query.AssistantsParams{After: after, MaxRows: page(limit)})
	return convert(rows, assistant), wrap("list assistants", err)
}

// InsertAssistant stores a new assistant with the revision of the transaction.
// Errors: ConflictError, ErrGone.
func (t *Tx) InsertAssistant(ctx context.Context, a Assistant) error {
	if err := t.notGone(ctx, a.ID, a.CreatedAt); err != nil {
		return err
	}
	a.Revision = t.Revision
	err := t.q.InsertAssistant(ctx, query.InsertAssistantParams(a.utc()))
	return wrap("insert assistant", t.dialect.conflict(err))
}

// UpdateAssistant replaces everything but the creation time of an assistant
// and gives it the revision of the transaction. Errors: ErrNotFound,
// ConflictError.
func (t *Tx) UpdateAssistant(ctx context.Context, a Assistant) error {
	a = a.utc()
	n, err := t.q.UpdateAssistant(ctx, query.UpdateAssistantParams{
		ID: a.ID, Name: a.Name, Revision: t.Revision, Spec: a.Spec, UpdatedAt: a.UpdatedAt, UpdatedBy: a.UpdatedBy,
	})
	return changed("update assistant", a.ID, n, t.dialect.conflict(err))
}

// DeleteAssistant deletes an assistant that no channel uses. Errors:
// ErrNotFound, InUseError.
func (t *Tx) DeleteAssistant(ctx context.Context, id string) error {
	channels, err := t.ChannelIDsOf(ctx, id)
	if err != nil {
		return fmt.Errorf("delete assistant %q: %w", id, err)
	}
	if len(channels) > 0 {
		return &InUseError{AssistantID: id, ChannelIDs: channels}
	}
	n, err := t.q.DeleteAssistant(ctx, id)
	return changed("delete assistant", id, n, err)
}
