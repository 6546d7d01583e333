package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// openKeyring loads the key file, or makes it on the first start of an
// embedded store, and opens the index key under it.
func openKeyring(ctx context.Context, c config.Config, s *store.Store) (*secret.Keyring, error) {
	kek, err := secret.OpenKeyFile(c.KEKFile)
	if errors.Is(err, fs.ErrNotExist) {
		sealed, sealedErr := s.HasSealedRows(ctx)
		switch {
		case sealedErr != nil:
			return nil, fmt.Errorf("look for sealed rows: %w", sealedErr)
		case !c.Embedded() || sealed:
			return nil, config.Error{
				Setting: "VA_KEK_FILE", Value: c.KEKFile, Problem: "does not exist",
				Fix: "restore the key file from its backup; without it the stored credentials cannot be read",
			}
		}
		kek, err = secret.CreateKeyFile(c.KEKFile)
	}
	if err != nil {
		return nil, config.Error{Setting: "VA_KEK_FILE", Value: c.KEKFile, Problem: err.Error(), Fix: "mend the file"}
	}
	sealedKey, err := s.SealedKey(ctx, secret.IndexKeyName)
	if errors.Is(err, store.ErrNotFound) {
		if sealedKey, err = secret.NewIndexKey(kek); err == nil {
			// The first writer wins: two gateways may start at once.
			sealedKey, err = s.InsertSealedKey(ctx, secret.IndexKeyName, sealedKey)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("index key: %w", err)
	}
	keyring, err := secret.NewKeyring(kek, sealedKey)
	if err != nil {
		return nil, config.Error{
			Setting: "VA_KEK_FILE", Value: c.KEKFile, Problem: "is not the key file of this database",
			Fix: "restore the right one from its backup",
		}
	}
	return keyring, nil
}

// bootstrapToken is the configured admin token, or the one in the data
// directory, made on first start. path is empty for a configured one.
func bootstrapToken(c config.Config) (token secret.Value, path string, err error) {
	if !c.AdminToken.IsZero() {
		return c.AdminToken, "", nil
	}
	path = filepath.Join(c.DataDir, "admin-token")
	text, err := firstStart(path, func() string { _, t := secret.NewAdminToken(); return t.Reveal() })
	if err != nil {
		return secret.Value{}, "", err
	}
	if len(text) < api.MinAdminToken {
		return secret.Value{}, "", config.Error{
			Setting: "VA_ADMIN_TOKEN", Problem: fmt.Sprintf("the file %q holds %d characters", path, len(text)),
			Fix: fmt.Sprintf("write at least %d, or delete it to have one made", api.MinAdminToken),
		}
	}
	return secret.New(text), path, nil
}

// nodeID names this process's place across restarts, so that calls it lost can
// be closed.
func nodeID(c config.Config) (string, error) {
	return firstStart(filepath.Join(c.DataDir, "node-id"), func() string {
		return "node_" + ulid.MustNew(ulid.Now(), rand.Reader).String()
	})
}

// firstStart reads a small file, or makes it, readable by its owner only.
func firstStart(path string, first func() string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return "", fmt.Errorf("create %q: %w", path, err)
		}
		text := first()
		if _, err = f.WriteString(text + "\n"); err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("write %q: %w", path, errors.Join(err, os.Remove(path)))
		}
		return text, nil
	}
	if err != nil {
		return "", fmt.Errorf("read %q: %w", path, err)
	}
	return strings.TrimSpace(string(data)), nil
}
