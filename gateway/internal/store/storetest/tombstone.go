package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func tombstones(t *testing.T, s *store.Store) {
	ctx, a, c := t.Context(), newAssistant(0), newChannel(0)
	gone := func(objectID string, seconds int) bool {
		t.Helper()
		is, err := s.Tombstoned(ctx, objectID, at(seconds))
		require.NoError(t, err)
		return is
	}
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.Entomb(ctx, a.ID, at(5)))
		require.NoError(t, tx.Entomb(ctx, a.ID, at(10)), "a second delete is harmless")
		return tx.Entomb(ctx, c.ID, at(10))
	})
	require.True(t, gone(a.ID, 9))
	require.False(t, gone(a.ID, 10))
	require.False(t, gone(newAssistant(1).ID, 0))

	err := s.Write(ctx, false, func(tx *store.Tx) error { return tx.InsertAssistant(ctx, a) })
	require.ErrorIs(t, err, store.ErrGone)
	a.CreatedAt = at(10)
	write(t, s, func(tx *store.Tx) error { return tx.InsertAssistant(ctx, a) })

	err = s.Write(ctx, false, func(tx *store.Tx) error { return tx.InsertChannel(ctx, c) })
	require.ErrorIs(t, err, store.ErrGone)
}
