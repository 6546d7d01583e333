package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// Timing is how often leases are renewed and when they are void.
type Timing struct {
	Heartbeat time.Duration
	Expiry    time.Duration // without a heartbeat
}

// StandardTiming is that of every gateway; tests are in more of a hurry.
func StandardTiming() Timing { return Timing{Heartbeat: 5 * time.Second, Expiry: 20 * time.Second} }

// Leases is where leases are kept; a store.Store.
type Leases interface {
	BeatNode(ctx context.Context, id, state string, now time.Time) error
	Nodes(ctx context.Context) ([]store.Node, error)
	DeleteNode(ctx context.Context, id string, beat int64) error
	LostNodes(ctx context.Context) ([]string, error)
}

// Lease keeps a node's own lease and watches those of the others. Fill the
// exported fields, call Take, then Run in a goroutine of its own.
type Lease struct {
	Store  Leases
	NodeID string
	Timing Timing
	// Lost closes the calls of a node that is gone. Several nodes may call it
	// for the same one.
	Lost func(ctx context.Context, nodeID string) error
	Log  *slog.Logger

	draining atomic.Bool
	seen     map[string]sighting // by node id; of Run's goroutine alone
	failing  bool
}

// sighting is how long another node has stood still, by this node's clock.
type sighting struct {
	beat  int64
	since time.Time
}

// orphaned is the beat of a node that has calls and no lease.
const orphaned = -1

// Take makes or renews the lease. It comes before the first call: calls of a
// node without a lease are closed by the others.
func (l *Lease) Take(ctx context.Context) error {
	state := "running"
	if l.draining.Load() {
		state = "draining"
	}
	return l.Store.BeatNode(ctx, l.NodeID, state, time.Now())
}

// Drain makes the lease say that this node takes no more calls. Its running
// calls are still its own.
func (l *Lease) Drain() { l.draining.Store(true) }

// Run renews the lease until the context ends.
func (l *Lease) Run(ctx context.Context) {
	tick := time.NewTicker(l.Timing.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			l.failing = false
		default:
			// Others could not renew their leases either, perhaps: every one
			// gets its full time again, from when the database is back.
			clear(l.seen)
			if !l.failing {
				l.Log.Error("lease not renewed", telemetry.KeyError, err)
			}
			l.failing = true
		}
	}
}

// End gives the lease up: the node has no more calls.
func (l *Lease) End(ctx context.Context) error {
	nodes, err := l.Store.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if n.ID == l.NodeID {
			return l.Store.DeleteNode(ctx, n.ID, n.Beat)
		}
	}
	return nil
}

// round renews the lease and looks at the others once.
func (l *Lease) round(ctx context.Context) error {
	// A database that hangs must not make the rounds longer than the expiry.
	bounded, cancel := context.WithTimeout(ctx, l.Timing.Heartbeat)
	defer cancel()
	if err := l.Take(bounded); err != nil {
		return err
	}
	beats, err := l.others(bounded)
	if err != nil {
		return err
	}
	for id := range l.seen {
		if _, ok := beats[id]; !ok {
			delete(l.seen, id)
		}
	}
	now := time.Now()
	for id, beat := range beats {
		if s, ok := l.seen[id]; !ok || s.beat != beat {
			if l.seen == nil {
				l.seen = map[string]sighting{}
			}
			l.seen[id] = sighting{beat, now}
			continue
		}
		if now.Sub(l.seen[id].since) < l.Timing.Expiry {
			continue
		}
		if err := l.bury(ctx, id, beat); err != nil {
			return fmt.Errorf("close the calls of node %s: %w", id, err)
		}
	}
	return nil
}

// others gives the beat of every other node that has a lease, or calls.
func (l *Lease) others(ctx context.Context) (map[string]int64, error) {
	nodes, err := l.Store.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	orphans, err := l.Store.LostNodes(ctx)
	if err != nil {
		return nil, err
	}
	beats := map[string]int64{}
	for _, id := range orphans {
		beats[id] = orphaned
	}
	for _, n := range nodes {
		beats[n.ID] = n.Beat
	}
	delete(beats, l.NodeID)
	return beats, nil
}

// bury closes the calls of a node and ends its lease. The calls come first: if
// that fails, the lease brings them back to mind.
func (l *Lease) bury(ctx context.Context, id string, beat int64) error {
	l.Log.Warn("node is gone; its calls are closed", "detail", id)
	if err := l.Lost(ctx, id); err != nil {
		return err
	}
	delete(l.seen, id)
	if beat == orphaned {
		return nil
	}
	err := l.Store.DeleteNode(ctx, id, beat)
	if errors.Is(err, store.ErrNotFound) {
		return nil // another node was faster, or it lives after all and overrules this
	}
	return err
}
