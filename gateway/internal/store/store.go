package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// maxPage bounds every list: above the largest page of the admin API, so that
// one more row can be asked for to learn whether another page follows.
const maxPage = 1000

// Dialect is what differs between the databases.
type Dialect struct {
	// Unique reports whether err is a violated unique constraint, and which:
	// its table, and its columns joined with "_".
	Unique func(err error) (table, columns string, ok bool)
	// Close releases everything.
	Close func() error
	// Announce, if set, tells the listeners of the transaction's write, once it
	// is committed.
	Announce func(ctx context.Context, tx *sql.Tx) error
	// Listen is what Store.Listen does; nil for a database of one process.
	Listen func(ctx context.Context, changed func()) error
}

// Store is the database. Its methods may be called from several goroutines.
type Store struct {
	reader
	db      *sql.DB
	dialect Dialect
}

// reader holds what can be read inside and outside of a transaction.
type reader struct{ q *query.Queries }

// New makes a Store on an open database whose schema is up to date. Use
// sqlite.Open or postgres.Open.
func New(db *sql.DB, d Dialect) *Store {
	return &Store{reader{query.New(db)}, db, d}
}

// Close releases the connections. Running statements are waited for.
func (s *Store) Close() error { return s.dialect.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.PingContext(ctx); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	return nil
}

// Purge deletes tickets, used values, remembered answers, tombstones, revocations
// and signing keys that have expired.
func (s *Store) Purge(ctx context.Context, now time.Time) error {
	now = utc(now)
	return errors.Join(
		wrap("purge tickets", s.q.PurgeTickets(ctx, now)),
		wrap("purge used values", s.q.PurgeUsedValues(ctx, now)),
		wrap("purge answers", s.q.PurgeAnswers(ctx, now)),
		wrap("purge tombstones", s.q.PurgeTombstones(ctx, now)),
		wrap("purge revocations", s.q.PurgeRevokedTokens(ctx, now)),
		wrap("purge signing keys", s.q.PurgeSigningKeys(ctx, &now)),
	)
}

// inTx runs fn in a transaction that is committed when fn returns nil.
func (s *Store) inTx(ctx context.Context, fn func(q *query.Queries) error) error {
	return s.withTx(ctx, func(tx *sql.Tx) error { return fn(s.q.WithTx(tx)) })
}

func (s *Store) withTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	return wrap("commit transaction", tx.Commit())
}

func wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// utc is the only form of a time that both databases keep and compare alike:
// PostgreSQL rounds what is finer, and SQLite compares the text.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(utc(*t))
}

func page(limit int) int32 { return int32(min(max(limit, 1), maxPage)) }

func convert[R, T any](rows []R, one func(R) T) []T {
	list := make([]T, len(rows))
	for i, r := range rows {
		list[i] = one(r)
	}
	return list
}
