package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// join gives the row the credentials that its body asks for: its own, or those
// of the group that it names, which is made when it is the first. fresh reports
// that they are to be issued, as the row's credentials_version.
func (w *channelWriter) join(ctx context.Context, tx *store.Tx, row *store.Channel) (fresh bool, err error) {
	grouped, ok := w.kind.(channel.Grouped)
	if !ok || grouped.CredentialGroup(w.body) == "" {
		return true, nil
	}
	name := grouped.CredentialGroup(w.body)
	group, err := tx.CredentialGroup(ctx, row.Kind, name)
	if errors.Is(err, store.ErrNotFound) {
		group = store.CredentialGroup{
			ID: api.PrefixCredentialGroup + ulid.Make().String(), Kind: row.Kind, Name: name,
		}
		row.GroupID = group.ID
		if err := tx.InsertCredentialGroup(ctx, group); err != nil {
			return false, err
		}
		return true, audited(ctx, tx, "credential_group.create", groupObject(group.ID), nil, nil)
	}
	if err != nil {
		return false, err
	}
	members, err := tx.ChannelIDsOfGroup(ctx, group.ID)
	if err != nil {
		return false, err
	}
	if len(members) == 0 {
		return false, fmt.Errorf("credential group %s has no channel", group.ID)
	}
	member, err := tx.Channel(ctx, members[0])
	row.GroupID = group.ID
	row.CredentialsVersion, row.PreviousExpireAt = member.CredentialsVersion, member.PreviousExpireAt
	return false, err
}

// move completes the row of a channel that was old: with the same credentials,
// or, if its body names another group, with those of that one. New ones of its
// own, or of a group that begins with it, go on with the next
// credentials_version, so that what depends on that number sees a change.
func (w *channelWriter) move(ctx context.Context, tx *store.Tx, row *store.Channel, old store.Channel) (bool, error) {
	row.CredentialsVersion = old.CredentialsVersion + 1
	fresh, err := w.join(ctx, tx, row)
	if err != nil {
		return false, err
	}
	if row.GroupID == old.GroupID {
		row.CredentialsVersion, row.PreviousExpireAt = old.CredentialsVersion, old.PreviousExpireAt
		return false, nil
	}
	if !fresh {
		return true, nil
	}
	return true, w.issue(ctx, tx, row.CredentialsOwner(), row.CredentialsVersion, nil)
}

// leave deletes the credentials that a channel had before it moved, unless it
// shared them.
func leave(ctx context.Context, tx *store.Tx, old store.Channel) error {
	if old.GroupID == "" {
		return tx.DeleteCredentials(ctx, old.ID)
	}
	return leaveGroup(ctx, tx, old.GroupID)
}

// leaveGroup deletes a group that lost its last channel, and its credentials.
func leaveGroup(ctx context.Context, tx *store.Tx, groupID string) error {
	if groupID == "" {
		return nil
	}
	gone, err := tx.DeleteEmptyGroup(ctx, groupID)
	if err != nil || !gone {
		return err
	}
	return audited(ctx, tx, "credential_group.delete", groupObject(groupID), nil, nil)
}

// rotateGroup gives the other channels of a group what the row has, and lists
// all of them.
func rotateGroup(ctx context.Context, tx *store.Tx, row store.Channel) ([]string, error) {
	if err := tx.SetGroupCredentials(ctx, row.GroupID, row.CredentialsVersion, row.PreviousExpireAt); err != nil {
		return nil, err
	}
	if err := audited(ctx, tx, "credential_group.rotate", groupObject(row.GroupID), nil, nil); err != nil {
		return nil, err
	}
	return tx.ChannelIDsOfGroup(ctx, row.GroupID)
}

func groupObject(id string) string { return "credential_group/" + id }
