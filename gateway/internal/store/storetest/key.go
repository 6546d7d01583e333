package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func sealedKeys(t *testing.T, s *store.Store) {
	ctx := t.Context()
	has := func() bool {
		t.Helper()
		has, err := s.HasSealedRows(ctx)
		require.NoError(t, err)
		return has
	}
	require.False(t, has())
	_, err := s.SealedKey(ctx, "index")
	require.ErrorIs(t, err, store.ErrNotFound)

	insertAssistants(t, s, 1)
	insertChannels(t, s, 1)
	require.False(t, has())
	insertCredentials(t, s, newCredential(1, "api_key", 1))
	require.True(t, has())
	write(t, s, func(tx *store.Tx) error { return tx.DeleteChannel(ctx, newChannel(0).ID) })
	require.False(t, has())

	got := make([][]byte, racers)
	for _, err := range race(func(n int) (err error) {
		got[n], err = s.InsertSealedKey(ctx, "index", []byte{0xff, 0, byte(n)})
		return err
	}) {
		require.NoError(t, err)
	}
	want, err := s.SealedKey(ctx, "index")
	require.NoError(t, err)
	for _, sealed := range got {
		require.Equal(t, want, sealed)
	}
	require.True(t, has())

	require.NoError(t, s.ReplaceSealedKey(ctx, "index", want, []byte("again")))
	require.ErrorIs(t, s.ReplaceSealedKey(ctx, "index", want, []byte("late")), store.ErrNotFound)
	again, err := s.SealedKey(ctx, "index")
	require.NoError(t, err)
	require.Equal(t, []byte("again"), again)

	insertChannels(t, s, 2)
	c := newCredential(2, "api_key", 1)
	insertCredentials(t, s, c)
	require.NoError(t, s.ReplaceSealed(ctx, c.ID, c.Sealed, []byte("anew")))
	require.ErrorIs(t, s.ReplaceSealed(ctx, c.ID, c.Sealed, []byte("late")), store.ErrNotFound)
}
