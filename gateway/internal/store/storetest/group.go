package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newGroup(n int) store.CredentialGroup {
	return store.CredentialGroup{ID: id("grp_", n), Kind: "genesys", Name: "EU ü"}
}

// groupOf stores newGroup(0) with its credentials and newChannel(0) to (count-1)
// in it.
func groupOf(t *testing.T, s *store.Store, count int) store.CredentialGroup {
	t.Helper()
	insertAssistants(t, s, 1)
	g := newGroup(0)
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.InsertCredentialGroup(t.Context(), g))
		for n := range count {
			c := newChannel(n)
			c.GroupID = g.ID
			require.NoError(t, tx.InsertChannel(t.Context(), c))
		}
		return nil
	})
	first, second := newCredential(1, "api_key", 1), newCredential(2, "client_secret", 1)
	first.OwnerID, second.OwnerID, second.Index = g.ID, g.ID, nil
	insertCredentials(t, s, first, second)
	return g
}

func groups(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g := groupOf(t, s, 2)
	got, err := s.CredentialGroup(ctx, g.Kind, g.Name)
	require.NoError(t, err)
	equal(t, g, got)
	for _, missing := range [][2]string{{g.Kind, "other"}, {"other", g.Name}, {g.Kind, ""}} {
		_, err = s.CredentialGroup(ctx, missing[0], missing[1])
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	ids, err := s.ChannelIDsOfGroup(ctx, g.ID)
	require.NoError(t, err)
	equal(t, []string{newChannel(0).ID, newChannel(1).ID}, ids)
	ids, err = s.ChannelIDsOfGroup(ctx, id("grp_", 9))
	require.NoError(t, err)
	require.Empty(t, ids)

	insert := func(change func(g *store.CredentialGroup)) error {
		return s.Write(ctx, false, func(tx *store.Tx) error {
			g := newGroup(1)
			change(&g)
			return tx.InsertCredentialGroup(ctx, g)
		})
	}
	requireConflict(t, insert(func(*store.CredentialGroup) {}), "credential_group", "kind_name")
	requireConflict(t, insert(func(c *store.CredentialGroup) { c.ID, c.Name = g.ID, "other" }), "credential_group", "id")
	require.NoError(t, insert(func(c *store.CredentialGroup) { c.Kind = "other" }))
}

func groupCredentials(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g := groupOf(t, s, 2)
	alone := newChannel(2)
	write(t, s, func(tx *store.Tx) error { return tx.InsertChannel(ctx, alone) })
	alone, err := s.Channel(ctx, alone.ID)
	require.NoError(t, err)

	for _, end := range []*time.Time{new(at(60)), nil} {
		write(t, s, func(tx *store.Tx) error { return tx.SetGroupCredentials(ctx, g.ID, 7, end) })
		for n := range 2 {
			want := channelAsStored(newChannel(n), 2)
			want.GroupID, want.CredentialsVersion, want.PreviousExpireAt = g.ID, 7, end
			want = channelAsStored(want, want.Revision)
			got, err := s.Channel(ctx, want.ID)
			require.NoError(t, err)
			equal(t, want, got)
		}
	}
	got, err := s.Channel(ctx, alone.ID)
	require.NoError(t, err)
	equal(t, alone, got)
}

// groupEnds: the credentials of a group go with its last channel, whichever way
// that leaves.
func groupEnds(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g := groupOf(t, s, 2)
	remains := func(ctx context.Context) int {
		t.Helper()
		list, err := s.Credentials(ctx, g.ID)
		require.NoError(t, err)
		return len(list)
	}
	leave := func(tx *store.Tx) bool {
		t.Helper()
		gone, err := tx.DeleteEmptyGroup(ctx, g.ID)
		require.NoError(t, err)
		return gone
	}
	write(t, s, func(tx *store.Tx) error {
		require.False(t, leave(tx))
		require.NoError(t, tx.DeleteChannel(ctx, newChannel(0).ID))
		require.False(t, leave(tx))
		return nil
	})
	require.Equal(t, 2, remains(ctx))
	write(t, s, func(tx *store.Tx) error {
		moved := newChannel(1)
		moved.GroupID = ""
		require.NoError(t, tx.UpdateChannel(ctx, moved))
		require.True(t, leave(tx))
		require.False(t, leave(tx), "gone already")
		return nil
	})
	require.Zero(t, remains(ctx))
	_, err := s.CredentialGroup(ctx, g.Kind, g.Name)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func deleteCredentials(t *testing.T, s *store.Store) {
	g := groupOf(t, s, 1)
	other := newCredential(3, "api_key", 1)
	insertCredentials(t, s, other)
	write(t, s, func(tx *store.Tx) error { return tx.DeleteCredentials(t.Context(), g.ID) })
	list, err := s.AllCredentials(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, other.ID, list[0].ID)
}
