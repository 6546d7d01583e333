package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is one configuration write. It is valid until the function it was handed
// to returns, and for one goroutine.
//
// After an error other than ErrNotFound, ErrGone and InUseError the
// transaction is void (PostgreSQL refuses every later statement): return it.
type Tx struct {
	reader
	// Revision is what the configuration becomes when the write is committed.
	// Assistants and channels written by it carry it.
	Revision int64
	dialect  Dialect
}

var errDryRun = errors.New("dry run")

// Write runs fn in one transaction that raises the configuration revision. The
// revision row stays locked until the end, so writes follow one another and
// are committed in the order of their revisions. An error of fn undoes
// everything and is returned as it is; with dryRun everything is undone in any
// case, the revision included. fn uses tx only: a method of s that writes would
// wait for the very lock that fn holds.
func (s *Store) Write(ctx context.Context, dryRun bool, fn func(tx *Tx) error) error {
	err := s.withTx(ctx, func(t *sql.Tx) error {
		q := s.q.WithTx(t)
		revision, err := q.BumpRevision(ctx)
		if err != nil {
			return fmt.Errorf("raise configuration revision: %w", err)
		}
		if err := fn(&Tx{reader{q}, revision, s.dialect}); err != nil {
			return err
		}
		if dryRun {
			return errDryRun
		}
		if s.dialect.Announce == nil {
			return nil
		}
		return wrap("announce configuration write", s.dialect.Announce(ctx, t))
	})
	if dryRun && errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

// Revision is the number of the last committed configuration write; 0 when
// nothing was written yet.
func (r reader) Revision(ctx context.Context) (int64, error) {
	n, err := r.q.Revision(ctx)
	return n, wrap("read configuration revision", err)
}
