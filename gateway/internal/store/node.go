package store

import (
	"context"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Node is the lease of one gateway process. Its fields are the table's columns,
// in their order.
type Node struct {
	ID     string
	Beat   int64     // rises while the node lives
	State  string    // "running" or "draining"
	SeenAt time.Time // by the node's own clock, for people
}

// BeatNode says that a node lives; the first time makes its lease.
func (s *Store) BeatNode(ctx context.Context, id, state string, now time.Time) error {
	return wrap("renew lease", s.q.BeatNode(ctx, query.BeatNodeParams{ID: id, State: state, SeenAt: utc(now)}))
}

// Nodes lists every lease, in the order of ids.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	rows, err := s.q.Nodes(ctx)
	return convert(rows, func(row query.Node) Node {
		n := Node(row)
		n.SeenAt = utc(n.SeenAt)
		return n
	}), wrap("list leases", err)
}

// DeleteNode ends a lease. Errors: ErrNotFound, also when the node lives: its
// beat is no longer this one.
func (s *Store) DeleteNode(ctx context.Context, id string, beat int64) error {
	n, err := s.q.DeleteNode(ctx, query.DeleteNodeParams{ID: id, Beat: beat})
	return changed("end lease of node", id, n, err)
}

// LostNodes lists the nodes that have calls which did not end, but no lease.
func (s *Store) LostNodes(ctx context.Context) ([]string, error) {
	ids, err := s.q.LostNodes(ctx)
	return ids, wrap("list lost nodes", err)
}

// Shared reports whether several gateways may use this database; only then does
// Listen work.
func (s *Store) Shared() bool { return s.dialect.Listen != nil }

// Listen calls changed after every configuration write, whoever makes it, and
// once at first, for those made before. It returns when the connection is lost,
// with an error that says why, or when the context ends.
func (s *Store) Listen(ctx context.Context, changed func()) error {
	if err := s.dialect.Listen(ctx, changed); err != nil {
		return fmt.Errorf("listen for configuration changes: %w", err)
	}
	return nil
}
