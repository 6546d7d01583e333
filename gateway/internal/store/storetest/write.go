package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func writeUndone(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insert := func(tx *store.Tx) error { return tx.InsertAssistant(ctx, newAssistant(0)) }
	refused := errors.New("refused")
	nothing := func() {
		t.Helper()
		n, err := s.Revision(ctx)
		require.NoError(t, err)
		require.Zero(t, n)
		_, err = s.Assistant(ctx, newAssistant(0).ID)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	nothing()
	require.NoError(t, s.Write(ctx, true, func(tx *store.Tx) error {
		require.EqualValues(t, 1, tx.Revision)
		return insert(tx)
	}))
	nothing()
	for _, dryRun := range []bool{false, true} {
		err := s.Write(ctx, dryRun, func(tx *store.Tx) error { return errors.Join(insert(tx), refused) })
		require.ErrorIs(t, err, refused)
		nothing()
	}
	write(t, s, insert)
	n, err := s.Revision(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func writePanic(t *testing.T, s *store.Store) {
	require.PanicsWithValue(t, "boom", func() {
		_ = s.Write(t.Context(), false, func(*store.Tx) error { panic("boom") })
	})
	// The lock is free again.
	write(t, s, func(tx *store.Tx) error {
		require.EqualValues(t, 1, tx.Revision)
		return nil
	})
}

// writeOrder: a reader who has seen revision n has seen every change up to n.
func writeOrder(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const each = 5
	const total = racers * each
	var mu sync.Mutex
	var revisions []int64

	done := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			n, err := s.Revision(ctx)
			if err != nil {
				t.Errorf("revision: %v", err)
				return
			}
			list, err := s.Assistants(ctx, "", total)
			if err != nil || int64(len(list)) < n {
				t.Errorf("at revision %d only %d changes are visible (%v)", n, len(list), err)
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for _, err := range race(func(n int) error {
		var errs error
		for i := range each {
			var mine int64
			err := s.Write(ctx, false, func(tx *store.Tx) error {
				mine = tx.Revision
				return tx.InsertAssistant(ctx, newAssistant(n*each+i))
			})
			errs = errors.Join(errs, err)
			mu.Lock()
			revisions = append(revisions, mine)
			mu.Unlock()
		}
		return errs
	}) {
		require.NoError(t, err)
	}
	close(done)
	reader.Wait()
	slices.Sort(revisions)
	for i, n := range revisions {
		require.EqualValues(t, i+1, n, "every write has its own revision, without gaps")
	}
	require.Len(t, revisions, total)
}
