package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// newCredential belongs to newChannel(0), unless it is given to another owner.
func newCredential(n int, name string, generation int64) store.Credential {
	return store.Credential{
		ID: id("crd_", n), OwnerID: newChannel(0).ID, Name: name, Generation: generation,
		Sealed: []byte{1, 0, 0xff, byte(n)}, Index: []byte{0, 0xff, byte(n)}, CreatedAt: at(n),
	}
}

func insertCredentials(t *testing.T, s *store.Store, list ...store.Credential) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		for _, c := range list {
			if err := tx.InsertCredential(t.Context(), c); err != nil {
				return err
			}
		}
		return nil
	})
}

func credentials(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insertAssistants(t, s, 1)
	insertChannels(t, s, 2)
	second, first := newCredential(1, "api_key", 2), newCredential(2, "api_key", 1)
	plain, alsoPlain := newCredential(3, "client_secret", 1), newCredential(4, "client_secret", 1)
	first.NotAfter = new(at(100))
	// Secrets that are not presented have no index; they do not collide.
	plain.Index, alsoPlain.Index, alsoPlain.OwnerID = nil, nil, newChannel(1).ID
	insertCredentials(t, s, plain, first, alsoPlain, second)

	for _, c := range []*store.Credential{&first, &second, &plain, &alsoPlain} {
		c.CreatedAt = c.CreatedAt.UTC().Truncate(time.Microsecond)
	}
	first.NotAfter = new(stored(100))
	got, err := s.Credentials(ctx, newChannel(0).ID)
	require.NoError(t, err)
	equal(t, []store.Credential{second, first, plain}, got)
	got, err = s.AllCredentials(ctx)
	require.NoError(t, err)
	equal(t, []store.Credential{second, first, plain, alsoPlain}, got)

	write(t, s, func(tx *store.Tx) error {
		got, err := tx.Credentials(ctx, newChannel(1).ID)
		require.NoError(t, err)
		equal(t, []store.Credential{alsoPlain}, got)
		return tx.DeleteChannel(ctx, newChannel(0).ID)
	})
	got, err = s.AllCredentials(ctx)
	require.NoError(t, err)
	equal(t, []store.Credential{alsoPlain}, got)
}

func credentialRotation(t *testing.T, s *store.Store) {
	ctx, channelID := t.Context(), newChannel(0).ID
	insertAssistants(t, s, 1)
	insertChannels(t, s, 1)
	insertCredentials(t, s, newCredential(1, "api_key", 1), newCredential(2, "api_key", 2),
		newCredential(3, "api_key", 3), newCredential(4, "client_secret", 1))
	ends := func() map[string]time.Time {
		t.Helper()
		list, err := s.Credentials(ctx, channelID)
		require.NoError(t, err)
		got := map[string]time.Time{}
		for _, c := range list {
			if got[c.ID] = (time.Time{}); c.NotAfter != nil {
				got[c.ID] = *c.NotAfter
			}
		}
		return got
	}
	current := time.Time{}

	write(t, s, func(tx *store.Tx) error { return tx.ExpireCredentials(ctx, channelID, "api_key", 2, at(10)) })
	equal(t, map[string]time.Time{
		id("crd_", 1): stored(10), id("crd_", 2): current, id("crd_", 3): current, id("crd_", 4): current,
	}, ends())

	// A later end does not revive the oldest; an earlier one shortens.
	write(t, s, func(tx *store.Tx) error { return tx.ExpireCredentials(ctx, channelID, "api_key", 3, at(20)) })
	equal(t, map[string]time.Time{
		id("crd_", 1): stored(10), id("crd_", 2): stored(20), id("crd_", 3): current, id("crd_", 4): current,
	}, ends())
	write(t, s, func(tx *store.Tx) error { return tx.ExpireCredentials(ctx, channelID, "api_key", 3, at(5)) })
	equal(t, map[string]time.Time{
		id("crd_", 1): stored(5), id("crd_", 2): stored(5), id("crd_", 3): current, id("crd_", 4): current,
	}, ends())

	write(t, s, func(tx *store.Tx) error { return tx.DeleteCredentialsBefore(ctx, channelID, "api_key", 3) })
	equal(t, map[string]time.Time{id("crd_", 3): current, id("crd_", 4): current}, ends())
}

func credentialConflicts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insertAssistants(t, s, 1)
	insertChannels(t, s, 2)
	insertCredentials(t, s, newCredential(1, "api_key", 1))
	same := func(change func(c *store.Credential)) func(tx *store.Tx) error {
		return func(tx *store.Tx) error {
			c := newCredential(2, "api_key", 2)
			change(&c)
			return tx.InsertCredential(ctx, c)
		}
	}
	requireConflict(t, s.Write(ctx, false, same(func(c *store.Credential) { c.ID = id("crd_", 1) })),
		"channel_credential", "id")
	requireConflict(t, s.Write(ctx, false, same(func(c *store.Credential) { c.Generation = 1 })),
		"channel_credential", "owner_id_name_generation")
	taken := newCredential(1, "api_key", 1).Index
	requireConflict(t, s.Write(ctx, false, same(func(c *store.Credential) {
		c.Index, c.OwnerID = slices.Clone(taken), newChannel(1).ID
	})), "channel_credential", "name_lookup")
	write(t, s, same(func(c *store.Credential) { c.Index, c.Name = taken, "client_secret" }))
}
