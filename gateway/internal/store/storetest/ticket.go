package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func newTicket(n int) store.Ticket {
	return store.Ticket{
		Hash: []byte{0, 0xff, byte(n)}, ChannelID: newChannel(0).ID, CallID: id("call_", n), ExpiresAt: at(10),
		Vars: []byte(`{"name":"Ω"}`),
	}
}

func tickets(t *testing.T, s *store.Store) {
	ctx, k := t.Context(), newTicket(1)
	take := func(channelID string, hash []byte, seconds int) error {
		_, err := s.TakeTicket(ctx, channelID, hash, at(seconds))
		return err
	}
	require.NoError(t, s.PutTicket(ctx, k))
	require.ErrorIs(t, take(newChannel(1).ID, k.Hash, 0), store.ErrNotFound, "another channel's")
	require.ErrorIs(t, take(k.ChannelID, []byte{1}, 0), store.ErrNotFound, "unknown")
	require.ErrorIs(t, take(k.ChannelID, k.Hash, 10), store.ErrNotFound, "expired")

	got, err := s.TakeTicket(ctx, k.ChannelID, k.Hash, at(9))
	require.NoError(t, err)
	want := k
	want.ExpiresAt = stored(10)
	equal(t, want, got)
	require.ErrorIs(t, take(k.ChannelID, k.Hash, 9), store.ErrNotFound, "used")

	// A new ticket of the same call makes the old one void; other calls' stay.
	other := newTicket(2)
	require.NoError(t, s.PutTicket(ctx, other))
	require.NoError(t, s.PutTicket(ctx, k))
	renewed := newTicket(3)
	renewed.CallID = k.CallID
	require.NoError(t, s.PutTicket(ctx, renewed))
	require.ErrorIs(t, take(k.ChannelID, k.Hash, 0), store.ErrNotFound)
	require.NoError(t, take(k.ChannelID, renewed.Hash, 0))
	require.NoError(t, take(k.ChannelID, other.Hash, 0))

	require.NoError(t, s.PutTicket(ctx, k))
	stolen := newTicket(1)
	stolen.CallID = id("call_", 9)
	requireConflict(t, s.PutTicket(ctx, stolen), "ticket", "hash")
}

func ticketRace(t *testing.T, s *store.Store) {
	const rounds = 10
	for n := range rounds {
		k := newTicket(n)
		require.NoError(t, s.PutTicket(t.Context(), k))
		requireOneWinner(t, race(func(int) error {
			_, err := s.TakeTicket(t.Context(), k.ChannelID, k.Hash, at(0))
			return err
		}), store.ErrNotFound)
	}
}

// ticketPutRace: however many are minted at once, one ticket of a call works.
func ticketPutRace(t *testing.T, s *store.Store) {
	ctx := t.Context()
	for _, err := range race(func(n int) error {
		k := newTicket(n)
		k.CallID = id("call_", 0)
		return s.PutTicket(ctx, k)
	}) {
		require.NoError(t, err)
	}
	valid := 0
	for n := range racers {
		if _, err := s.TakeTicket(ctx, newChannel(0).ID, newTicket(n).Hash, at(0)); err == nil {
			valid++
		}
	}
	require.Equal(t, 1, valid)
}
