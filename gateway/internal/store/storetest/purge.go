package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func purge(t *testing.T, s *store.Store) {
	ctx := t.Context()
	old, young := newTicket(1), newTicket(2)
	young.ExpiresAt = at(11)
	require.NoError(t, s.PutTicket(ctx, old))
	require.NoError(t, s.PutTicket(ctx, young))
	for n, expires := range []int{10, 11} {
		first, err := s.UseValue(ctx, newUse(n, expires), at(0))
		require.NoError(t, err)
		require.True(t, first)
	}
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.SaveAnswer(ctx, newAnswer(1, 10)))
		require.NoError(t, tx.SaveAnswer(ctx, newAnswer(2, 11)))
		require.NoError(t, tx.Entomb(ctx, id("chn_", 1), at(10)))
		return tx.Entomb(ctx, id("chn_", 2), at(11))
	})

	require.NoError(t, s.Purge(ctx, at(10)))

	// Seen from before the expiry, what was purged is gone and the rest is there.
	_, err := s.TakeTicket(ctx, old.ChannelID, old.Hash, at(0))
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.TakeTicket(ctx, young.ChannelID, young.Hash, at(0))
	require.NoError(t, err)
	for n, want := range []bool{true, false} {
		first, err := s.UseValue(ctx, newUse(n, 20), at(0))
		require.NoError(t, err)
		require.Equal(t, want, first)
	}
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Answer(ctx, newAnswer(1, 0).Key, at(0))
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = tx.Answer(ctx, newAnswer(2, 0).Key, at(0))
		require.NoError(t, err)
		gone, err := tx.Tombstoned(ctx, id("chn_", 1), at(0))
		require.NoError(t, err)
		require.False(t, gone)
		gone, err = tx.Tombstoned(ctx, id("chn_", 2), at(0))
		require.NoError(t, err)
		require.True(t, gone)
		return nil
	})
}
