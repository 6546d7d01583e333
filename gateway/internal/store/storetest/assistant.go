package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newAssistant(n int) store.Assistant {
	return store.Assistant{
		ID: id("asst_", n), Name: "Assistant " + id("", n), Spec: []byte(`{"name": "Ä", "greeting":"a\u0000b", "b":1}`),
		CreatedAt: at(n), UpdatedAt: at(n), UpdatedBy: "vaa_ab12cd34",
	}
}

// asStored is what a store gives back for an assistant written at a revision.
func asStored(a store.Assistant, revision int64) store.Assistant {
	a.Revision = revision
	a.CreatedAt, a.UpdatedAt = a.CreatedAt.UTC().Truncate(1000), a.UpdatedAt.UTC().Truncate(1000)
	return a
}

func insertAssistants(t *testing.T, s *store.Store, count int) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		for n := range count {
			if err := tx.InsertAssistant(t.Context(), newAssistant(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

func assistants(t *testing.T, s *store.Store) {
	ctx, a := t.Context(), newAssistant(1)
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.InsertAssistant(ctx, a))
		got, err := tx.Assistant(ctx, a.ID)
		require.NoError(t, err)
		equal(t, asStored(a, 1), got)
		return nil
	})
	got, err := s.Assistant(ctx, a.ID)
	require.NoError(t, err)
	equal(t, asStored(a, 1), got)
	got, err = s.AssistantByName(ctx, a.Name)
	require.NoError(t, err)
	equal(t, asStored(a, 1), got)

	a.Name, a.Spec, a.UpdatedAt, a.UpdatedBy = "Renamed", []byte(`{}`), at(60), "vaa_ef56gh78"
	write(t, s, func(tx *store.Tx) error { return tx.UpdateAssistant(ctx, a) })
	got, err = s.Assistant(ctx, a.ID)
	require.NoError(t, err)
	equal(t, asStored(a, 2), got)

	missing := newAssistant(2)
	write(t, s, func(tx *store.Tx) error {
		require.ErrorIs(t, tx.UpdateAssistant(ctx, missing), store.ErrNotFound)
		require.ErrorIs(t, tx.DeleteAssistant(ctx, missing.ID), store.ErrNotFound)
		_, err := tx.AssistantByName(ctx, missing.Name)
		require.ErrorIs(t, err, store.ErrNotFound)
		return tx.DeleteAssistant(ctx, a.ID)
	})
	_, err = s.Assistant(ctx, a.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorContains(t, err, a.ID)
}

func assistantPages(t *testing.T, s *store.Store) {
	const count = 7
	insertAssistants(t, s, count)
	var seen []string
	for after := ""; ; {
		page, err := s.Assistants(t.Context(), after, 3)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), 3)
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			seen = append(seen, a.ID)
		}
		after = seen[len(seen)-1]
	}
	require.Len(t, seen, count)
	require.IsIncreasing(t, seen)

	page, err := s.Assistants(t.Context(), "", 0)
	require.NoError(t, err)
	require.Len(t, page, 1, "a limit below one gives one")
	equal(t, asStored(newAssistant(0), 1), page[0])
	page, err = s.Assistants(t.Context(), "", 1<<40)
	require.NoError(t, err)
	require.Len(t, page, count, "a huge limit is bounded, not wrapped around")
}

func assistantConflicts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insertAssistants(t, s, 2)
	for _, tc := range []struct {
		name, field string
		write       func(tx *store.Tx) error
	}{
		{"insert id", "id", func(tx *store.Tx) error {
			a := newAssistant(1)
			a.Name = "other"
			return tx.InsertAssistant(ctx, a)
		}},
		{"insert name", "name", func(tx *store.Tx) error {
			a := newAssistant(1)
			a.ID = id("asst_", 9)
			return tx.InsertAssistant(ctx, a)
		}},
		{"update name", "name", func(tx *store.Tx) error {
			a := newAssistant(0)
			a.Name = newAssistant(1).Name
			return tx.UpdateAssistant(ctx, a)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			requireConflict(t, s.Write(ctx, false, tc.write), "assistant", tc.field)
		})
	}
	n, err := s.Revision(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func assistantInUse(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insertAssistants(t, s, 2)
	insertChannels(t, s, 3)
	a := newAssistant(0)
	remove := func(tx *store.Tx) error { return tx.DeleteAssistant(ctx, a.ID) }

	err := s.Write(ctx, false, remove)
	require.ErrorIs(t, err, store.ErrConflict)
	var inUse *store.InUseError
	require.ErrorAs(t, err, &inUse)
	want := []string{newChannel(0).ID, newChannel(1).ID, newChannel(2).ID}
	equal(t, store.InUseError{AssistantID: a.ID, ChannelIDs: want}, *inUse)
	ids, err := s.ChannelIDsOf(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, want, ids)

	write(t, s, func(tx *store.Tx) error {
		for _, channelID := range want {
			if err := tx.DeleteChannel(ctx, channelID); err != nil {
				return err
			}
		}
		return remove(tx)
	})
}
