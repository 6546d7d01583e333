package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// CredentialGroup is an owner of credentials that several channels of one kind
// share. Its fields are the table's columns, in their order.
type CredentialGroup struct {
	ID   string
	Kind string
	Name string // unique for each kind
}

// CredentialGroup finds a group by the name that the user gave it. Errors:
// ErrNotFound.
func (r reader) CredentialGroup(ctx context.Context, kind, name string) (CredentialGroup, error) {
	row, err := r.q.CredentialGroup(ctx, query.CredentialGroupParams{Kind: kind, Name: name})
	return CredentialGroup(row), found("credential group", name, err)
}

// ChannelIDsOfGroup lists the channels of a group, in the order of ids.
func (r reader) ChannelIDsOfGroup(ctx context.Context, groupID string) ([]string, error) {
	ids, err := r.q.ChannelIDsOfGroup(ctx, groupID)
	return ids, wrap("list channels of credential group", err)
}

// InsertCredentialGroup stores a new group. The same transaction gives it its
// first channel. Errors: ConflictError.
func (t *Tx) InsertCredentialGroup(ctx context.Context, g CredentialGroup) error {
	err := t.q.InsertCredentialGroup(ctx, query.InsertCredentialGroupParams(g))
	return wrap("insert credential group", t.dialect.conflict(err))
}

// SetGroupCredentials tells every channel of a group which credentials are
// current. Nothing else about them changes, their revision neither.
func (t *Tx) SetGroupCredentials(
	ctx context.Context, groupID string, version int64, previousExpireAt *time.Time,
) error {
	return wrap("set credentials of group", t.q.SetGroupCredentials(ctx, query.SetGroupCredentialsParams{
		GroupID: groupID, CredentialsVersion: version, PreviousExpireAt: utcOrNil(previousExpireAt),
	}))
}

// DeleteEmptyGroup deletes a group and its credentials if no channel is left in
// it, and reports whether it did.
func (t *Tx) DeleteEmptyGroup(ctx context.Context, groupID string) (bool, error) {
	n, err := t.q.DeleteEmptyGroup(ctx, groupID)
	if err != nil || n == 0 {
		return false, wrap("delete credential group", err)
	}
	return true, t.DeleteCredentials(ctx, groupID)
}
