package switchboard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The behaviour of calls without their database is tested on whole gateways, in
// package server. These are the bounds, which no test reaches from there.

var errAway = errors.New("away")

// fakeStore is a database that takes what save takes.
type fakeStore struct {
	save  func(store.Call) error
	alive bool
}

func (f *fakeStore) SaveCall(_ context.Context, c store.Call) error { return f.save(c) }

func (f *fakeStore) TakeTicket(context.Context, string, []byte, time.Time) (store.Ticket, error) {
	return store.Ticket{}, f.Ping(context.Background())
}

func (f *fakeStore) Ping(context.Context) error {
	if f.alive {
		return nil
	}
	return errAway
}

func newKeep(s callStore) *keep {
	return &keep{
		store: s, pending: prometheus.NewGauge(prometheus.GaugeOpts{Name: "pending"}),
		log: slog.New(slog.DiscardHandler), calls: map[string]*kept{}, burnt: map[string]string{},
	}
}

// away is a database that takes nothing.
func away() *fakeStore { return &fakeStore{save: func(store.Call) error { return errAway }} }

func newRow(n int) store.Call {
	id := fmt.Sprintf("call_%05d", n)
	return store.Call{
		ID: id, ChannelID: "chn_1", ProviderCallID: id, NodeID: "node_1", State: "offered", StartedAt: time.Now(),
	}
}

func TestKeepIsBounded(t *testing.T) {
	t.Parallel()
	t.Run("calls", func(t *testing.T) {
		t.Parallel()
		k := newKeep(away())
		for n := range maxKept {
			require.NoError(t, k.save(t.Context(), newRow(n)))
		}
		require.ErrorIs(t, k.save(t.Context(), newRow(maxKept)), errKeepFull)
		require.NoError(t, k.save(t.Context(), newRow(0)), "one that waits already takes no more room")
		require.Len(t, k.waiting(), maxKept)
	})
	t.Run("bytes", func(t *testing.T) {
		t.Parallel()
		k := newKeep(away())
		row, big := newRow(0), make([]byte, maxKeptBytes-10)
		require.NoError(t, k.save(t.Context(), row))
		row.Record = big
		require.NoError(t, k.save(t.Context(), row))
		next := newRow(1)
		next.Record = big[:11]
		require.ErrorIs(t, k.save(t.Context(), next), errKeepFull)
		next.Record = big[:10]
		require.NoError(t, k.save(t.Context(), next))
	})
	t.Run("tickets", func(t *testing.T) {
		t.Parallel()
		k := newKeep(away())
		for n := range maxKept + 10 {
			k.burn("chn_1", fmt.Append(nil, n))
		}
		require.Len(t, k.burnt, maxKept)
	})
}

// A call that the database refuses for what is in it holds up no other.
func TestRefusedCallIsGivenUp(t *testing.T) {
	t.Parallel()
	bad, good := newRow(1), newRow(2)
	saved := 0
	f := &fakeStore{alive: true, save: func(c store.Call) error {
		if c.ID == bad.ID {
			return errAway
		}
		saved++
		return nil
	}}
	k := newKeep(f)
	require.NoError(t, k.save(t.Context(), bad))
	require.NoError(t, k.add(good, errAway))
	for range maxAttempts {
		require.Equal(t, bad.ID, k.waiting()[0])
		k.flush(t.Context())
		require.Equal(t, 1, saved)
	}
	require.Empty(t, k.waiting())
	require.Zero(t, k.bytes)
}

// While the database is away nothing is given up, however often it is tried, and
// the newest state is what is stored in the end.
func TestNothingIsGivenUpWhileAway(t *testing.T) {
	t.Parallel()
	f := away()
	k := newKeep(f)
	row := newRow(1)
	require.NoError(t, k.save(t.Context(), row))
	k.burn("chn_1", []byte("ticket"))
	for range 3 * maxAttempts {
		k.flush(t.Context())
	}
	row.State = "ended"
	require.NoError(t, k.save(t.Context(), row))
	require.True(t, k.isBurnt([]byte("ticket")))

	var stored []store.Call
	f.alive, f.save = true, func(c store.Call) error {
		stored = append(stored, c)
		return nil
	}
	k.flush(t.Context())
	require.Empty(t, k.waiting())
	require.False(t, k.isBurnt([]byte("ticket")))
	require.Len(t, stored, 1)
	require.Equal(t, "ended", stored[0].State)
}
