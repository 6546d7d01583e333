package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/migrations"
)

// maxConnections is enough for readers beside the one writer that SQLite
// allows; writers wait for each other up to busy_timeout.
const maxConnections = 8

// Open opens the database file, making it if needed, and applies the missing
// migrations. Only the file's owner can read a file that Open makes.
func Open(ctx context.Context, path string) (*store.Store, error) {
	// SQLite would make the file with the mode of the umask; its journal files
	// take over the mode of this one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open database %q: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open database %q: %w", path, err)
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	if err := migrations.SQLite(ctx, db); err != nil {
		return nil, fmt.Errorf("open database %q: %w", path, errors.Join(err, db.Close()))
	}
	return store.New(db, store.Dialect{Unique: unique, Close: db.Close}), nil
}

func dsn(path string) string {
	options := url.Values{
		"_pragma": {"journal_mode(wal)", "busy_timeout(5000)", "foreign_keys(1)"},
		// A transaction that reads first and writes later would fail instead of
		// wait when another one wrote in between.
		"_txlock": {"immediate"},
		// The only format whose text order is the order of time.
		"_time_format": {"sqlite"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + options.Encode()
}

// unique reads the columns from the message, the only place that has them:
// "constraint failed: UNIQUE constraint failed: assistant.name (2067)", several
// separated by ", ".
func unique(err error) (table, columns string, ok bool) {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return "", "", false
	}
	if c := failure.Code(); c != sqlite3.SQLITE_CONSTRAINT_UNIQUE && c != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return "", "", false
	}
	_, list, _ := strings.Cut(failure.Error(), "UNIQUE constraint failed: ")
	list, _, _ = strings.Cut(list, " (")
	var names []string
	for column := range strings.SplitSeq(list, ", ") {
		var name string
		table, name, _ = strings.Cut(column, ".")
		names = append(names, name)
	}
	return table, strings.Join(names, "_"), true
}
