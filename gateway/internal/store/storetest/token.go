package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newToken(n int) store.Token {
	return store.Token{
		ID: id("tok_", n), Public: id("vaa_", n), Name: "ci", Hash: []byte{0, 0xff, byte(n)},
		Scopes: []string{"channels:rw", "credentials:read"}, ExpiresAt: at(n + 3600), CreatedAt: at(n),
	}
}

func tokens(t *testing.T, s *store.Store) {
	ctx := t.Context()
	write(t, s, func(tx *store.Tx) error {
		for n := range 3 {
			if err := tx.InsertToken(ctx, newToken(n)); err != nil {
				return err
			}
		}
		return nil
	})
	want := newToken(1)
	want.ExpiresAt, want.CreatedAt = stored(3601), stored(1)
	got, err := s.TokenByPublic(ctx, want.Public)
	require.NoError(t, err)
	equal(t, want, got)

	used := func(wantMinute time.Time) {
		t.Helper()
		got, err := s.TokenByPublic(ctx, want.Public)
		require.NoError(t, err)
		require.NotNil(t, got.LastUsedAt)
		require.Equal(t, wantMinute, *got.LastUsedAt)
	}
	minute := stored(0).Truncate(time.Minute)
	require.NoError(t, s.TouchToken(ctx, want.ID, at(1)))
	used(minute)
	require.NoError(t, s.TouchToken(ctx, want.ID, at(61)))
	used(minute.Add(time.Minute))
	require.NoError(t, s.TouchToken(ctx, want.ID, at(1)))
	used(minute.Add(time.Minute))
	require.NoError(t, s.TouchToken(ctx, id("tok_", 9), at(1)), "a token revoked meanwhile is no error")

	page, err := s.Tokens(ctx, newToken(0).ID, 1)
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.Equal(t, want.ID, page[0].ID)

	write(t, s, func(tx *store.Tx) error {
		require.ErrorIs(t, tx.DeleteToken(ctx, id("tok_", 9)), store.ErrNotFound)
		return tx.DeleteToken(ctx, want.ID)
	})
	_, err = s.TokenByPublic(ctx, want.Public)
	require.ErrorIs(t, err, store.ErrNotFound)
	page, err = s.Tokens(ctx, "", 10)
	require.NoError(t, err)
	require.Len(t, page, 2)
}

func tokenConflicts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	write(t, s, func(tx *store.Tx) error { return tx.InsertToken(ctx, newToken(0)) })
	k := newToken(1)
	k.Public = newToken(0).Public
	err := s.Write(ctx, false, func(tx *store.Tx) error { return tx.InsertToken(ctx, k) })
	requireConflict(t, err, "admin_token", "public")
}
