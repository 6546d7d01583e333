package switchboard

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/postgres"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Runner{M: m}) }

// The behaviour of calls without their database is tested on whole gateways, in
// package server. These are the bounds, which no test reaches from there.

func newKeep(s *store.Store) *keep {
	return &keep{
		store: s, pending: prometheus.NewGauge(prometheus.GaugeOpts{Name: "pending"}),
		log: slog.New(slog.DiscardHandler), calls: map[string]*kept{}, burnt: map[string]string{},
	}
}

// closed is a store whose database is gone for good.
func closed(t *testing.T) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "va.db"))
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return s
}

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
		k := newKeep(closed(t))
		for n := range maxKept {
			require.NoError(t, k.save(t.Context(), newRow(n)))
		}
		require.ErrorIs(t, k.save(t.Context(), newRow(maxKept)), errKeepFull)
		require.NoError(t, k.save(t.Context(), newRow(0)), "one that waits already takes no more room")
		require.Len(t, k.waiting(), maxKept)
	})
	t.Run("bytes", func(t *testing.T) {
		t.Parallel()
		k := newKeep(closed(t))
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
		k := newKeep(closed(t))
		for n := range maxKept + 10 {
			k.burn("chn_1", fmt.Append(nil, n))
		}
		require.Len(t, k.burnt, maxKept)
	})
}

// A call that the database refuses for what is in it holds up no other.
func TestRefusedCallIsGivenUp(t *testing.T) {
	t.Parallel()
	s, err := postgres.Open(t.Context(), pgtest.DSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	k := newKeep(s)
	bad, good := newRow(1), newRow(2)
	bad.From = "a\x00b" // PostgreSQL has no such character
	require.NoError(t, k.save(t.Context(), bad))
	require.NoError(t, k.add(good, store.ErrGone))
	for range maxAttempts {
		require.Equal(t, bad.ID, k.waiting()[0])
		k.flush(t.Context())
		_, err := s.Call(t.Context(), good.ID)
		require.NoError(t, err)
	}
	require.Empty(t, k.waiting())
	require.Zero(t, k.bytes)
}
