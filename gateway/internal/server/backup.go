package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
)

// Backup copies what a gateway with the embedded store keeps into a directory
// that must not exist, under the names of a data directory: a gateway may be
// running on it, and one may be started on the copy. keys says whether the key
// file and the generated admin token are part of it. Nothing is left behind
// when it fails.
func Backup(ctx context.Context, c config.Config, to string, keys bool) (err error) {
	if !c.Embedded() {
		return config.Error{
			Setting: "VA_DATABASE_URL", Problem: "names PostgreSQL, which has its own backups",
			Fix: "use pg_dump, and keep a copy of VA_KEK_FILE apart from it",
		}
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--to %q exists already: name a new directory", to)
	}
	// The name appears only once the copy is whole.
	partial := filepath.Clean(to) + ".partial"
	if err := os.Mkdir(partial, 0o700); err != nil {
		return fmt.Errorf("make the directory of the copy: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(partial))
		}
	}()
	if err := sqlite.Backup(ctx, c.SQLiteFile, filepath.Join(partial, "va.db")); err != nil {
		return err
	}
	// Whose calls are open in the database.
	if err := copyIfThere(filepath.Join(c.DataDir, "node-id"), filepath.Join(partial, "node-id")); err != nil {
		return err
	}
	if keys {
		if _, err := secret.OpenKeyFile(c.KEKFile); err != nil {
			return config.Error{Setting: "VA_KEK_FILE", Value: c.KEKFile, Problem: err.Error(), Fix: "mend the file"}
		}
		if err := copyIfThere(c.KEKFile, filepath.Join(partial, "kek")); err != nil {
			return err
		}
		token := filepath.Join(c.DataDir, "admin-token")
		if err := copyIfThere(token, filepath.Join(partial, "admin-token")); err != nil {
			return err
		}
	}
	return os.Rename(partial, to)
}

// copyIfThere copies a small file for its owner only.
func copyIfThere(from, to string) error {
	data, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("copy %q: %w", from, err)
	}
	return nil
}
