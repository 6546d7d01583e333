package cluster_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/cluster"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// board is a database of leases that can be away.
type board struct {
	mu      sync.Mutex
	away    bool
	nodes   map[string]store.Node
	orphans []string
	closed  []string // nodes whose calls were closed
	failing bool     // closing does not work
}

var errAway = errors.New("away")

func (b *board) lock() (func(), error) {
	b.mu.Lock()
	if b.away {
		b.mu.Unlock()
		return nil, errAway
	}
	return b.mu.Unlock, nil
}

func (b *board) BeatNode(_ context.Context, id, state string, now time.Time) error {
	unlock, err := b.lock()
	if err != nil {
		return err
	}
	defer unlock()
	b.nodes[id] = store.Node{ID: id, Beat: b.nodes[id].Beat + 1, State: state, SeenAt: now}
	return nil
}

func (b *board) Nodes(context.Context) ([]store.Node, error) {
	unlock, err := b.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	var list []store.Node
	for _, n := range b.nodes {
		list = append(list, n)
	}
	return list, nil
}

func (b *board) DeleteNode(_ context.Context, id string, beat int64) error {
	unlock, err := b.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if b.nodes[id].Beat != beat {
		return store.ErrNotFound
	}
	delete(b.nodes, id)
	return nil
}

func (b *board) LostNodes(context.Context) ([]string, error) {
	unlock, err := b.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	return slices.Clone(b.orphans), nil
}

// bury notes whose calls were closed.
func (b *board) bury(_ context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failing {
		return errAway
	}
	b.closed = append(b.closed, id)
	b.orphans = slices.DeleteFunc(b.orphans, func(o string) bool { return o == id })
	return nil
}

func (b *board) buried() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.closed)
}

func (b *board) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// start runs node "a" in a bubble until stop is called.
func start(t *testing.T, b *board, id string) (l *cluster.Lease, stop func()) {
	t.Helper()
	l = &cluster.Lease{
		Store: b, NodeID: id, Timing: cluster.StandardTiming(), Lost: b.bury, Log: slog.New(slog.DiscardHandler),
	}
	require.NoError(t, l.Take(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	return l, func() {
		cancel()
		running.Wait()
	}
}

func newBoard() *board { return &board{nodes: map[string]store.Node{}} }

// pass lets virtual time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestDeadNodeIsMissedAfterItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard()
		_, stopA := start(t, b, "a")
		_, stopB := start(t, b, "b")
		pass(time.Hour)
		require.Empty(t, b.buried(), "both live")
		stopB()
		pass(19 * time.Second)
		require.Empty(t, b.buried())
		pass(11 * time.Second)
		require.Equal(t, []string{"b"}, b.buried())
		pass(time.Hour)
		require.Equal(t, []string{"b"}, b.buried(), "once")
		stopA()
	})
}

// While the database is away nobody can renew a lease. When it is back, every
// node has its full time again.
func TestAbsenceOfTheDatabaseIsNobodysDeath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard()
		_, stopA := start(t, b, "a")
		_, stopB := start(t, b, "b")
		pass(time.Minute)
		b.set(func() { b.away = true })
		pass(time.Hour)
		stopB()
		b.set(func() { b.away = false })
		pass(19 * time.Second)
		require.Empty(t, b.buried())
		pass(11 * time.Second)
		require.Equal(t, []string{"b"}, b.buried())
		stopA()
	})
}

func TestCallsWithoutALeaseAreClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard()
		b.orphans = []string{"ghost"}
		_, stop := start(t, b, "a")
		pass(20 * time.Second)
		require.Empty(t, b.buried(), "it may just be about to renew its lease")
		pass(10 * time.Second)
		require.Equal(t, []string{"ghost"}, b.buried())
		stop()
	})
}

// A node whose calls could not be closed is not forgotten.
func TestClosingIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard()
		b.failing = true
		_, stop := start(t, b, "a")
		require.NoError(t, b.BeatNode(t.Context(), "b", "running", time.Now()))
		pass(time.Minute)
		require.Empty(t, b.buried())
		b.set(func() { b.failing = false })
		pass(time.Minute)
		require.Equal(t, []string{"b"}, b.buried())
		stop()
	})
}

func TestDrainAndEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBoard()
		l, stop := start(t, b, "a")
		l.Drain()
		pass(6 * time.Second)
		nodes, err := b.Nodes(t.Context())
		require.NoError(t, err)
		require.Equal(t, "draining", nodes[0].State)
		stop()
		require.NoError(t, l.End(t.Context()))
		require.NoError(t, l.End(t.Context()), "twice")
		nodes, err = b.Nodes(t.Context())
		require.NoError(t, err)
		require.Empty(t, nodes)
	})
}
