package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// newChannel belongs to newAssistant(0).
func newChannel(n int) store.Channel {
	return store.Channel{
		ID: id("chn_", n), Kind: "twilio", AssistantID: newAssistant(0).ID, Spec: []byte(`{"a": "ü"}`),
		DeletionProtection: true, CredentialsVersion: 1, PreviousExpireAt: new(at(n + 3600)),
		CreatedAt: at(n), UpdatedAt: at(n), UpdatedBy: "vaa_ab12cd34",
	}
}

func channelAsStored(c store.Channel, revision int64) store.Channel {
	c.Revision = revision
	c.CreatedAt, c.UpdatedAt = c.CreatedAt.UTC().Truncate(1000), c.UpdatedAt.UTC().Truncate(1000)
	if c.PreviousExpireAt != nil {
		c.PreviousExpireAt = new(c.PreviousExpireAt.UTC().Truncate(1000))
	}
	return c
}

func insertChannels(t *testing.T, s *store.Store, count int) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		for n := range count {
			if err := tx.InsertChannel(t.Context(), newChannel(n)); err != nil {
				return err
			}
		}
		return nil
	})
}

func channels(t *testing.T, s *store.Store) {
	ctx, c := t.Context(), newChannel(0)
	insertAssistants(t, s, 2)
	insertChannels(t, s, 1)
	got, err := s.Channel(ctx, c.ID)
	require.NoError(t, err)
	equal(t, channelAsStored(c, 2), got)

	c.AssistantID, c.Spec, c.DeletionProtection = newAssistant(1).ID, []byte(`[]`), false
	c.CredentialsVersion, c.PreviousExpireAt, c.UpdatedAt, c.UpdatedBy = 2, nil, at(60), "vaa_ef56gh78"
	c.GroupID = id("grp_", 1)
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.UpdateChannel(ctx, c))
		got, err := tx.Channel(ctx, c.ID)
		require.NoError(t, err)
		equal(t, channelAsStored(c, 3), got)
		return nil
	})

	write(t, s, func(tx *store.Tx) error {
		require.ErrorIs(t, tx.UpdateChannel(ctx, newChannel(5)), store.ErrNotFound)
		require.ErrorIs(t, tx.DeleteChannel(ctx, newChannel(5).ID), store.ErrNotFound)
		return tx.DeleteChannel(ctx, c.ID)
	})
	_, err = s.Channel(ctx, c.ID)
	require.ErrorIs(t, err, store.ErrNotFound)

	insertChannels(t, s, 1)
	requireConflict(t, s.Write(ctx, false, func(tx *store.Tx) error {
		return tx.InsertChannel(ctx, newChannel(0))
	}), "channel", "id")
}

func channelPages(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insertAssistants(t, s, 2)
	write(t, s, func(tx *store.Tx) error {
		for n := range 6 {
			c := newChannel(n)
			if n%2 == 1 {
				c.Kind = "webrtc"
			}
			if n >= 3 {
				c.AssistantID = newAssistant(1).ID
			}
			require.NoError(t, tx.InsertChannel(ctx, c))
		}
		return nil
	})
	first, second := newAssistant(0).ID, newAssistant(1).ID
	for _, tc := range []struct {
		name, kind, assistant string
		after                 int // -1: from the start
		limit                 int
		want                  []int
	}{
		{"all", "", "", -1, 10, []int{0, 1, 2, 3, 4, 5}},
		{"first page", "", "", -1, 2, []int{0, 1}},
		{"next page", "", "", 1, 2, []int{2, 3}},
		{"past the end", "", "", 5, 2, nil},
		{"kind", "webrtc", "", -1, 10, []int{1, 3, 5}},
		{"assistant", "", second, -1, 10, []int{3, 4, 5}},
		{"both", "twilio", first, -1, 10, []int{0, 2}},
		{"both, next page", "twilio", first, 0, 1, []int{2}},
		{"unknown kind", "sip", "", -1, 10, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after := ""
			if tc.after >= 0 {
				after = newChannel(tc.after).ID
			}
			page, err := s.Channels(ctx, tc.kind, tc.assistant, after, tc.limit)
			require.NoError(t, err)
			var got, want []string
			for _, c := range page {
				got = append(got, c.ID)
			}
			for _, n := range tc.want {
				want = append(want, newChannel(n).ID)
			}
			require.Equal(t, want, got)
		})
	}
}

func channelNeedsAssistant(t *testing.T, s *store.Store) {
	err := s.Write(t.Context(), false, func(tx *store.Tx) error { return tx.InsertChannel(t.Context(), newChannel(0)) })
	require.Error(t, err)
	require.NotErrorIs(t, err, store.ErrConflict)
}
