package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newCall(n int) store.Call {
	return store.Call{
		ID: id("call_", n), ChannelID: newChannel(0).ID, ChannelKind: "twilio", AssistantID: newAssistant(0).ID,
		AssistantRevision: 7, ProviderApplication: "support", ProviderCallID: id("CA", n), Account: "AC1",
		From: "+15550100", To: "+15550101", NodeID: "node-1", State: "offered", StartedAt: at(n),
	}
}

func insertCalls(t *testing.T, s *store.Store, list ...store.Call) {
	t.Helper()
	for _, c := range list {
		require.NoError(t, s.InsertCall(t.Context(), c))
	}
}

func calls(t *testing.T, s *store.Store) {
	ctx, want := t.Context(), newCall(1)
	insertCalls(t, s, want)
	want.StartedAt = stored(1)
	check := func() {
		t.Helper()
		got, err := s.Call(ctx, want.ID)
		require.NoError(t, err)
		equal(t, want, got)
		got, err = s.CallByProviderID(ctx, want.ChannelID, want.ProviderCallID)
		require.NoError(t, err)
		equal(t, want, got)
	}
	check()
	require.NoError(t, s.StartCall(ctx, want.ID, at(2)))
	want.State, want.AnsweredAt = "running", new(stored(2))
	check()
	want.Ending, want.State = []byte(`{"Reason": "transfer"}`), "dialling"
	require.NoError(t, s.CommitEnding(ctx, want.ID, want.Ending, want.State))
	check()
	// A caller's words may hold any character JSON can write.
	want.Record, want.State, want.EndedAt = []byte(`{"turns":[{"text":"a\u0000b ✓"}]}`), "ended", new(stored(9))
	require.NoError(t, s.FinishCall(ctx, want.ID, want.Record, at(9), want.State))
	check()
	want.Record, want.EndedAt = []byte(`{"transfer":{"result":"completed"}}`), new(stored(12))
	require.NoError(t, s.FinishCall(ctx, want.ID, want.Record, at(12), want.State))
	check()
}

func callRefusals(t *testing.T, s *store.Store) {
	ctx, c := t.Context(), newCall(1)
	insertCalls(t, s, c)
	missing := id("call_", 9)
	_, err := s.Call(ctx, missing)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.CallByProviderID(ctx, newChannel(1).ID, c.ProviderCallID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, s.StartCall(ctx, missing, at(0)), store.ErrNotFound)
	require.ErrorIs(t, s.CommitEnding(ctx, missing, []byte(`{}`), "ended"), store.ErrNotFound)
	require.ErrorIs(t, s.FinishCall(ctx, missing, []byte(`{}`), at(0), "ended"), store.ErrNotFound)

	require.NoError(t, s.StartCall(ctx, c.ID, at(2)))
	require.ErrorIs(t, s.StartCall(ctx, c.ID, at(3)), store.ErrNotFound, "answered twice")
	require.NoError(t, s.FinishCall(ctx, c.ID, nil, at(9), "ended"))
	require.ErrorIs(t, s.CommitEnding(ctx, c.ID, []byte(`{}`), "dialling"), store.ErrNotFound, "over already")

	c = newCall(2)
	insertCalls(t, s, c)
	require.NoError(t, s.FinishCall(ctx, c.ID, nil, at(9), "ended"))
	require.ErrorIs(t, s.StartCall(ctx, c.ID, at(10)), store.ErrNotFound, "over before it was answered")

	again := newCall(3)
	again.ID = c.ID
	requireConflict(t, s.InsertCall(ctx, again), "call", "id")
}

func callRace(t *testing.T, s *store.Store) {
	errs := race(func(n int) error {
		c := newCall(n)
		c.ProviderCallID = "CA1"
		return s.InsertCall(t.Context(), c)
	})
	requireOneWinner(t, errs, store.ErrConflict)
	for _, err := range errs {
		if err != nil {
			requireConflict(t, err, "call", "channel_id_provider_call_id")
		}
	}
	elsewhere := newCall(20)
	elsewhere.ProviderCallID, elsewhere.ChannelID = "CA1", newChannel(1).ID
	require.NoError(t, s.InsertCall(t.Context(), elsewhere), "another channel may use the same id")
}

func callPages(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for n := range 6 {
		c := newCall(n)
		c.ChannelID = newChannel(n % 2).ID
		insertCalls(t, s, c)
	}
	for _, tc := range []struct {
		name   string
		filter store.CallFilter
		after  string
		limit  int
		want   []int
	}{
		{"all", store.CallFilter{}, "", 10, []int{5, 4, 3, 2, 1, 0}},
		{"first page", store.CallFilter{}, "", 2, []int{5, 4}},
		{"next page", store.CallFilter{}, newCall(4).ID, 2, []int{3, 2}},
		{"past the end", store.CallFilter{}, newCall(0).ID, 2, nil},
		{"channel", store.CallFilter{ChannelID: newChannel(1).ID}, "", 10, []int{5, 3, 1}},
		{"channel, next page", store.CallFilter{ChannelID: newChannel(1).ID}, newCall(5).ID, 1, []int{3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			page, err := s.Calls(ctx, tc.filter, tc.after, tc.limit)
			require.NoError(t, err)
			requireCalls(t, tc.want, page)
		})
	}
}

func callsUnfinished(t *testing.T, s *store.Store) {
	ctx, foreign := t.Context(), newCall(4)
	foreign.NodeID = "node-2"
	insertCalls(t, s, newCall(3), newCall(2), newCall(1), foreign)
	require.NoError(t, s.FinishCall(ctx, newCall(2).ID, nil, at(9), "ended"))
	list, err := s.CallsUnfinished(ctx, "node-1")
	require.NoError(t, err)
	requireCalls(t, []int{1, 3}, list)
}

func callOutlives(t *testing.T, s *store.Store) {
	ctx := t.Context()
	insertAssistants(t, s, 1)
	insertChannels(t, s, 1)
	insertCalls(t, s, newCall(1))
	write(t, s, func(tx *store.Tx) error {
		require.NoError(t, tx.DeleteChannel(ctx, newChannel(0).ID))
		return tx.DeleteAssistant(ctx, newAssistant(0).ID)
	})
	_, err := s.Call(ctx, newCall(1).ID)
	require.NoError(t, err)
}

func requireCalls(t *testing.T, want []int, got []store.Call) {
	t.Helper()
	var wantIDs, gotIDs []string
	for _, n := range want {
		wantIDs = append(wantIDs, newCall(n).ID)
	}
	for _, c := range got {
		gotIDs = append(gotIDs, c.ID)
	}
	require.Equal(t, wantIDs, gotIDs)
}
