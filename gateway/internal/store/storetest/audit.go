package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newAudit(n int) store.Audit {
	return store.Audit{
		At: at(n), Actor: "vaa_ab12cd34", TokenID: id("tok_", n), Action: "channel.create", Object: "channel/<42> & ü",
		BeforeHash: strings.Repeat("0", 64), AfterHash: strings.Repeat("f", 64), RequestID: "req-1",
		Address: "192.0.2.1",
	}
}

func auditChain(t *testing.T, s *store.Store) {
	ctx := t.Context()
	head, err := s.VerifyAudit(ctx)
	require.NoError(t, err)
	equal(t, store.AuditHead{Hash: strings.Repeat("0", 64)}, head)

	require.NoError(t, s.AppendAudit(ctx, newAudit(1)))
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.AppendAudit(ctx, newAudit(2)))
		return tx.AppendAudit(ctx, newAudit(3))
	})

	entries, err := s.AuditEntries(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 3)
	previous := strings.Repeat("0", 64)
	for i, got := range entries {
		want := newAudit(i + 1)
		want.At, want.Seq, want.PrevHash, want.Hash = stored(i+1), int64(i+1), previous, got.Hash
		equal(t, want, got)
		require.Len(t, got.Hash, 64)
		previous = got.Hash
	}
	page, err := s.AuditEntries(ctx, 1, 1)
	require.NoError(t, err)
	equal(t, entries[1:2], page)

	want := store.AuditHead{Seq: 3, Hash: entries[2].Hash}
	head, err = s.VerifyAudit(ctx)
	require.NoError(t, err)
	equal(t, want, head)
	head, err = s.AuditHead(ctx)
	require.NoError(t, err)
	equal(t, want, head)
}

func auditRace(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const each = 5
	for _, err := range race(func(n int) error {
		var errs error
		for range each {
			if n%2 == 0 {
				errs = errors.Join(errs, s.AppendAudit(ctx, newAudit(n)))
				continue
			}
			errs = errors.Join(errs, s.Write(ctx, false, func(tx *store.Tx) error { return tx.AppendAudit(ctx, newAudit(n)) }))
		}
		return errs
	}) {
		require.NoError(t, err)
	}
	head, err := s.VerifyAudit(ctx)
	require.NoError(t, err)
	require.EqualValues(t, racers*each, head.Seq)
}

// auditHostileBytes: nobody keeps an entry out of the log by what they send.
func auditHostileBytes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	a := newAudit(1)
	a.RequestID, a.Address = "a\x00b\xffc", strings.Repeat("x", 10_000)
	require.NoError(t, s.AppendAudit(ctx, a))
	_, err := s.VerifyAudit(ctx)
	require.NoError(t, err)
	entries, err := s.AuditEntries(ctx, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "a\uFFFDb\uFFFDc", entries[0].RequestID)
}

func auditRollback(t *testing.T, s *store.Store) {
	ctx := t.Context()
	require.NoError(t, s.AppendAudit(ctx, newAudit(1)))
	require.NoError(t, s.Write(ctx, true, func(tx *store.Tx) error { return tx.AppendAudit(ctx, newAudit(2)) }))
	require.NoError(t, s.AppendAudit(ctx, newAudit(3)))
	head, err := s.VerifyAudit(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, head.Seq, "no gap where a write was undone")
}
