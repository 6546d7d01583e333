package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func nodes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	require.NoError(t, s.BeatNode(ctx, "node-2", "running", at(1)))
	require.NoError(t, s.BeatNode(ctx, "node-1", "running", at(1)))
	require.NoError(t, s.BeatNode(ctx, "node-1", "draining", at(2)))
	list, err := s.Nodes(ctx)
	require.NoError(t, err)
	equal(t, []store.Node{
		{ID: "node-1", Beat: 2, State: "draining", SeenAt: stored(2)},
		{ID: "node-2", Beat: 1, State: "running", SeenAt: stored(1)},
	}, list)

	lost, err := s.LostNodes(ctx)
	require.NoError(t, err)
	require.Empty(t, lost)
	insertCalls(t, s, newCall(1), newCall(2))
	require.ErrorIs(t, s.DeleteNode(ctx, "node-1", 1), store.ErrNotFound, "it lives")
	require.NoError(t, s.DeleteNode(ctx, "node-1", 2))
	lost, err = s.LostNodes(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"node-1"}, lost)
	for n := range 2 {
		require.NoError(t, s.CloseLostCall(ctx, newCall(n+1).ID, "node-1", []byte(`{}`), at(9)))
	}
	lost, err = s.LostNodes(ctx)
	require.NoError(t, err)
	require.Empty(t, lost)
}
