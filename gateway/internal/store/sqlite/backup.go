package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// Backup writes a consistent copy of the database file, as of one moment, which
// a gateway may go on writing meanwhile. to must not exist; only its owner can
// read it. The copy is checked and is on the disk when Backup returns.
func Backup(ctx context.Context, from, to string) (err error) {
	// Made here, because SQLite would give it the mode of the umask; it takes
	// an empty file.
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("create copy: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}()
	// No migration: the copy is of what is there.
	err = with(ctx, from, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", to)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy database %q: %w", from, err)
	}
	err = with(ctx, to, func(db *sql.DB) error {
		var verdict string
		if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return err
		}
		if verdict != "ok" {
			return errors.New(verdict)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("check copy of database %q: %w", from, err)
	}
	return f.Sync()
}

// with opens a database file that exists.
func with(ctx context.Context, path string, f func(*sql.DB) error) error {
	options := url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(5000)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return err
	}
	return errors.Join(db.PingContext(ctx), f(db), db.Close())
}
