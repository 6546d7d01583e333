package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/migrations"
)

// uniqueViolation is the SQLSTATE of a violated unique constraint (PostgreSQL
// documentation, appendix A).
const uniqueViolation = "23505"

// A node that starts while another one migrates asks for the lock every second
// and gives up after five minutes.
const (
	lockEverySeconds = 1
	lockAttempts     = 300
)

// ErrURL means that the database URL cannot be parsed. The URL is not repeated:
// it holds a password, and what cannot be parsed cannot be redacted reliably.
var ErrURL = errors.New("database URL is not of the form postgres://user:password@host:port/database?option=value")

// Open connects to the database at url (postgres://…) and applies the missing
// migrations. The size of the pool and every other option of the URL are pgx's.
func Open(ctx context.Context, url string) (*store.Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, ErrURL
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	closeAll := func() error {
		err := db.Close()
		pool.Close() // waits until every connection is back
		return err
	}
	if err := migrate(ctx, db); err != nil {
		return nil, fmt.Errorf("open database: %w", errors.Join(err, closeAll()))
	}
	return store.New(db, store.Dialect{
		Unique: unique, Close: closeAll, Announce: announce, Listen: listener(config.ConnConfig.Copy()),
	}), nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	// Without it a wrong password would look like a failed migration.
	if err := db.PingContext(ctx); err != nil {
		return oneLine{err}
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockEverySeconds, lockAttempts))
	if err != nil {
		return err
	}
	return migrations.Postgres(ctx, db, goose.WithSessionLocker(locker))
}

// oneLine is an error whose message has no line breaks. pgx reports each
// attempt to connect on a line of its own, some twice; a refusal to start is one
// line.
type oneLine struct{ error }

func (e oneLine) Error() string {
	var lines []string
	for line := range strings.Lines(e.error.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func (e oneLine) Unwrap() error { return e.error }

// unique reads the columns from the constraint's name, <table>_<columns>_key by
// the rule of the migrations.
func unique(err error) (table, columns string, ok bool) {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) || failure.Code != uniqueViolation {
		return "", "", false
	}
	columns = strings.TrimPrefix(failure.ConstraintName, failure.TableName+"_")
	return failure.TableName, strings.TrimSuffix(columns, "_key"), true
}
