package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newAnswer(n, expires int) store.Answer {
	return store.Answer{
		Key: id("", n), Route: "POST /v1/assistants", RequestHash: []byte{0xff, 0}, Status: 201,
		ObjectID: id("asst_", n), Body: []byte("{ \"kept\" : \"byte for byte\" }\n"), ExpiresAt: at(expires),
	}
}

func answers(t *testing.T, s *store.Store) {
	ctx, a := t.Context(), newAnswer(1, 10)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Answer(ctx, a.Key, at(0))
		require.ErrorIs(t, err, store.ErrNotFound)
		return tx.SaveAnswer(ctx, a)
	})
	want := a
	want.ExpiresAt = stored(10)
	write(t, s, func(tx *store.Tx) error {
		got, err := tx.Answer(ctx, a.Key, at(9))
		require.NoError(t, err)
		equal(t, want, got)
		return nil
	})
	requireConflict(t, s.Write(ctx, false, func(tx *store.Tx) error { return tx.SaveAnswer(ctx, a) }),
		"idempotency", "key")

	// An expired key can be used anew, purged or not.
	a.Body, a.ExpiresAt = nil, at(20)
	want.Body, want.ExpiresAt = nil, stored(20)
	write(t, s, func(tx *store.Tx) error {
		_, err := tx.Answer(ctx, a.Key, at(10))
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, tx.SaveAnswer(ctx, a))
		got, err := tx.Answer(ctx, a.Key, at(10))
		require.NoError(t, err)
		equal(t, want, got)
		return nil
	})
}
