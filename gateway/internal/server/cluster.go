package server

import (
	"context"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/cluster"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

// join makes this process one of the gateways of its database. It comes before
// the first call.
func (s *Server) join(ctx context.Context) error {
	if !s.store.Shared() {
		return nil
	}
	timing := s.options.Lease
	if timing == (cluster.Timing{}) {
		timing = cluster.StandardTiming()
	}
	s.lease = &cluster.Lease{Store: s.store, NodeID: s.node, Timing: timing, Lost: s.board.CloseLost, Log: s.log}
	if err := s.lease.Take(ctx); err != nil {
		return fmt.Errorf("take the lease of this node: %w", err)
	}
	if !s.config.DatabaseListen {
		return nil
	}
	wake := make(chan struct{}, 1)
	s.directory.Wake = wake
	s.watch = &cluster.Watch{Listen: s.store.Listen, Log: s.log, Changed: func() {
		select {
		case wake <- struct{}{}:
		default: // the directory was told and did not look yet
		}
	}}
	return nil
}

// leave ends the lease. Without it the others would wait for its expiry, and
// find nothing.
func (s *Server) leave(ctx context.Context) {
	if s.lease == nil {
		return
	}
	if err := s.lease.End(ctx); err != nil {
		s.log.Warn("lease not ended; it expires", telemetry.KeyError, err)
	}
}
