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
	require.NoError(t, s.StartCall(ctx, want.ID, "node-2", at(2)))
	want.State, want.NodeID, want.AnsweredAt = "running", "node-2", new(stored(2))
	check()
	want.Ending, want.State = []byte(`{"Reason": "transfer"}`), "dialling"
	require.NoError(t, s.SaveCall(ctx, want))
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
	require.ErrorIs(t, s.StartCall(ctx, missing, "node-1", at(0)), store.ErrNotFound)
	require.ErrorIs(t, s.CloseLostCall(ctx, missing, c.NodeID, []byte(`{}`), at(0)), store.ErrNotFound)
	require.ErrorIs(t, s.FinishCall(ctx, missing, []byte(`{}`), at(0), "ended"), store.ErrNotFound)

	require.NoError(t, s.StartCall(ctx, c.ID, "node-1", at(2)))
	require.ErrorIs(t, s.StartCall(ctx, c.ID, "node-1", at(3)), store.ErrNotFound, "answered twice")
	require.NoError(t, s.FinishCall(ctx, c.ID, nil, at(9), "ended"))

	c = newCall(2)
	insertCalls(t, s, c)
	require.NoError(t, s.FinishCall(ctx, c.ID, nil, at(9), "ended"))
	require.ErrorIs(t, s.StartCall(ctx, c.ID, "node-1", at(10)), store.ErrNotFound, "over before it was answered")

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

// callSaved: whoever has a call stores all of it, in whatever order what was
// kept back arrives.
func callSaved(t *testing.T, s *store.Store) {
	ctx := t.Context()
	read := func(id string) store.Call {
		t.Helper()
		c, err := s.Call(ctx, id)
		require.NoError(t, err)
		return c
	}
	// Never stored before: the database was away.
	c := newCall(1)
	c.State, c.AnsweredAt = "running", new(at(2))
	require.NoError(t, s.SaveCall(ctx, c))
	require.Equal(t, stored(2), *read(c.ID).AnsweredAt)

	// Another node took this one for dead; it is not.
	require.NoError(t, s.CloseLostCall(ctx, c.ID, c.NodeID, []byte(`{"end_reason":"gateway_lost"}`), at(3)))
	require.ErrorIs(t, s.CloseLostCall(ctx, c.ID, c.NodeID, []byte(`{}`), at(4)), store.ErrNotFound, "closed once")
	require.Equal(t, "ended", read(c.ID).State)
	c.State, c.EndedAt, c.Record = "ended", new(at(9)), []byte(`{"end_reason":"goodbye"}`)
	require.NoError(t, s.SaveCall(ctx, c))
	require.Equal(t, string(c.Record), string(read(c.ID).Record))

	// What another node serves is its own.
	other := newCall(2)
	insertCalls(t, s, other)
	require.NoError(t, s.StartCall(ctx, other.ID, "node-2", at(2)))
	other.EndedAt, other.Record = new(at(3)), []byte(`{"end_reason":"no_media"}`)
	require.ErrorIs(t, s.SaveCall(ctx, other), store.ErrNotFound)
	require.ErrorIs(t, s.CloseLostCall(ctx, other.ID, "node-1", []byte(`{}`), at(4)), store.ErrNotFound)
	require.Nil(t, read(other.ID).EndedAt)

	// The end of a call that nobody answered stays as it was found first.
	third := newCall(3)
	insertCalls(t, s, third)
	third.EndedAt, third.Record = new(at(3)), []byte(`{"end_reason":"caller_hangup"}`)
	require.NoError(t, s.SaveCall(ctx, third))
	third.Record = []byte(`{"end_reason":"no_media"}`)
	require.ErrorIs(t, s.SaveCall(ctx, third), store.ErrNotFound)

	fourth := newCall(4)
	fourth.ProviderCallID = third.ProviderCallID
	requireConflict(t, s.SaveCall(ctx, fourth), "call", "channel_id_provider_call_id")
}

// callStartRace: of several nodes one gets the media.
func callStartRace(t *testing.T, s *store.Store) {
	c := newCall(1)
	insertCalls(t, s, c)
	requireOneWinner(t, race(func(n int) error {
		return s.StartCall(t.Context(), c.ID, id("node_", n), at(2))
	}), store.ErrNotFound)
}
