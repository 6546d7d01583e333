package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// ErrNewer means that a newer gateway changed the schema: an older one must
// not write to it.
var ErrNewer = errors.New("the database was made by a newer gateway: run that version")

// Postgres applies the missing migrations to a PostgreSQL database. The options
// carry the lock against other nodes that start at the same time.
func Postgres(ctx context.Context, db *sql.DB, opts ...goose.ProviderOption) error {
	return apply(ctx, goose.DialectPostgres, db, "postgres", opts...)
}

// SQLite applies the missing migrations to a SQLite database.
func SQLite(ctx context.Context, db *sql.DB) error {
	return apply(ctx, goose.DialectSQLite3, db, "sqlite")
}

func apply(
	ctx context.Context, dialect goose.Dialect, db *sql.DB, dir string, opts ...goose.ProviderOption,
) error {
	folder, err := fs.Sub(files, dir)
	if err != nil {
		return err
	}
	opts = append(opts, goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, db, folder, opts...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current > known {
		return fmt.Errorf("schema version %d, this gateway knows %d: %w", current, known, ErrNewer)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
