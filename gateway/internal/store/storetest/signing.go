package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newSigningKey(generation int64, firstUse int) store.SigningKey {
	return store.SigningKey{
		KID: fmt.Sprintf("key-%d", generation), Generation: generation, Sealed: []byte{0xff, 0, byte(generation)},
		PublicJWK: []byte(`{"kty": "EC"}`), FirstUse: at(firstUse), CreatedAt: at(0),
	}
}

func signingKeys(t *testing.T, s *store.Store) {
	ctx := t.Context()
	list := func() []store.SigningKey {
		t.Helper()
		keys, err := s.SigningKeys(ctx)
		require.NoError(t, err)
		return keys
	}
	require.Empty(t, list())
	want := func(k store.SigningKey, firstUse int, retireAt *time.Time) store.SigningKey {
		k.FirstUse, k.CreatedAt, k.RetireAt = stored(firstUse), stored(0), retireAt
		return k
	}
	one, two, three := newSigningKey(1, 0), newSigningKey(2, 10), newSigningKey(3, 20)
	require.NoError(t, s.InsertSigningKey(ctx, one, at(0)))
	equal(t, []store.SigningKey{want(one, 0, nil)}, list())
	has, err := s.HasSealedRows(ctx)
	require.NoError(t, err)
	require.True(t, has)

	require.NoError(t, s.InsertSigningKey(ctx, two, at(15)))
	require.NoError(t, s.InsertSigningKey(ctx, three, at(25)))
	equal(t, []store.SigningKey{
		want(one, 0, new(stored(15))), want(two, 10, new(stored(25))), want(three, 20, nil),
	}, list()) // a key that retires earlier keeps its end

	late := newSigningKey(3, 30)
	late.KID = "late"
	requireConflict(t, s.InsertSigningKey(ctx, late, at(1)), "signing_key", "generation")
	require.Equal(t, stored(15), *list()[0].RetireAt, "the loser retires nothing")

	require.NoError(t, s.ReplaceSigningKey(ctx, one.KID, one.Sealed, []byte("anew")))
	require.ErrorIs(t, s.ReplaceSigningKey(ctx, one.KID, one.Sealed, []byte("late")), store.ErrNotFound)
	require.Equal(t, []byte("anew"), list()[0].Sealed)

	require.NoError(t, s.Purge(ctx, at(15)))
	equal(t, []store.SigningKey{want(two, 10, new(stored(25))), want(three, 20, nil)}, list())
}

// signingKeyRace: of several nodes that make the next key, one succeeds.
func signingKeyRace(t *testing.T, s *store.Store) {
	requireOneWinner(t, race(func(n int) error {
		k := newSigningKey(1, 0)
		k.KID = fmt.Sprintf("node-%d", n)
		return s.InsertSigningKey(t.Context(), k, at(0))
	}), store.ErrConflict)
}

func revocations(t *testing.T, s *store.Store) {
	ctx := t.Context()
	list := func(after int64, now, limit int) (jtis []string, last int64) {
		t.Helper()
		rows, err := s.RevokedTokens(ctx, after, at(now), limit)
		require.NoError(t, err)
		for _, r := range rows {
			jtis, last = append(jtis, r.JTI), r.Seq
		}
		return jtis, last
	}
	for n, jti := range []string{"c", "a", "b"} {
		require.NoError(t, s.Revoke(ctx, store.RevokedToken{JTI: jti, ExpiresAt: at(10 + n)}))
	}
	require.NoError(t, s.Revoke(ctx, store.RevokedToken{JTI: "a", ExpiresAt: at(99)}), "again")

	jtis, last := list(0, 0, 2)
	require.Equal(t, []string{"c", "a"}, jtis, "in the order of revocation")
	jtis, _ = list(last, 0, 2)
	require.Equal(t, []string{"b"}, jtis)
	jtis, _ = list(0, 11, 9)
	require.Equal(t, []string{"b"}, jtis, "expired ones are left out, the repeated one too")

	rows, err := s.RevokedTokens(ctx, 0, at(0), 1)
	require.NoError(t, err)
	equal(t, []store.RevokedToken{{Seq: 1, JTI: "c", ExpiresAt: stored(10)}}, rows)

	require.NoError(t, s.Purge(ctx, at(11)))
	jtis, _ = list(0, 0, 9)
	require.Equal(t, []string{"b"}, jtis)
}

// revocationRace: however many revoke at once, a reader that goes on from the
// last number it saw misses none.
func revocationRace(t *testing.T, s *store.Store) {
	ctx, seen, after := t.Context(), map[string]bool{}, int64(0)
	read := func() {
		rows, err := s.RevokedTokens(ctx, after, at(0), racers)
		require.NoError(t, err)
		for _, r := range rows {
			seen[r.JTI], after = true, r.Seq
		}
	}
	done := make(chan []error, 1)
	go func() {
		done <- race(func(n int) error {
			return s.Revoke(ctx, store.RevokedToken{JTI: fmt.Sprint(n), ExpiresAt: at(10)})
		})
	}()
	for {
		select {
		case errs := <-done:
			for _, err := range errs {
				require.NoError(t, err)
			}
			read()
			require.Len(t, seen, racers)
			return
		default:
			read()
		}
	}
}
