package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// hostActor is who the audit log names for work done on the host.
const hostActor = "host"

// OpenAPI describes the admin API, in YAML.
func OpenAPI() ([]byte, error) { return admin.OpenAPI(channelall.Kinds()) }

// Migrate brings the schema up to date; opening a store does.
func Migrate(ctx context.Context, c config.Config) error {
	s, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	return s.Close()
}

// CreateToken stores an admin token without the admin API, for the operator on
// the host. The value is shown once.
func CreateToken(
	ctx context.Context, c config.Config, name string, scopes []string, lifetime time.Duration,
) (secret.Value, error) {
	for _, scope := range scopes {
		if !slices.Contains(api.AllScopes(), scope) {
			return secret.Value{}, fmt.Errorf("scope %q does not exist; the scopes are %v", scope, api.AllScopes())
		}
	}
	if lifetime <= 0 || lifetime > api.MaxKeyLifetimeDays*24*time.Hour {
		return secret.Value{}, fmt.Errorf("lifetime %s is not between 0 and ten years", lifetime)
	}
	public, value := secret.NewAdminToken()
	err := offline(ctx, c, func(s *store.Store, keyring *secret.Keyring) error {
		now := time.Now().UTC()
		token := store.Token{
			ID: api.PrefixToken + ulid.Make().String(), Public: public, Name: name,
			Hash: keyring.HashToken(value.Reveal()), Scopes: scopes, ExpiresAt: now.Add(lifetime), CreatedAt: now,
		}
		return s.Write(ctx, false, func(tx *store.Tx) error {
			if err := tx.InsertToken(ctx, token); err != nil {
				return err
			}
			return tx.AppendAudit(ctx, store.Audit{
				At: now, Actor: hostActor, Action: "token.create", Object: "token/" + token.ID,
			})
		})
	})
	return value, err
}

// VerifyKeys opens every sealed row. Its error names the rows that fail.
func VerifyKeys(ctx context.Context, c config.Config) (opened int, err error) {
	err = offline(ctx, c, func(s *store.Store, keyring *secret.Keyring) error {
		rows, err := s.AllCredentials(ctx)
		if err != nil {
			return err
		}
		var failed []string
		for _, row := range rows {
			if _, err := keyring.Open(row.Sealed, directory.CredentialAAD(row.ID)); err != nil {
				failed = append(failed, fmt.Sprintf("%s of %s (%v)", row.Name, row.OwnerID, err))
			}
		}
		keys, err := s.SigningKeys(ctx)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if _, err := keyring.Open(key.Sealed, oauth.SigningKeyAAD(key.KID)); err != nil {
				failed = append(failed, fmt.Sprintf("signing key %s (%v)", key.KID, err))
			}
		}
		all := len(rows) + len(keys)
		opened = all - len(failed)
		if len(failed) > 0 {
			return fmt.Errorf("%d of %d sealed rows do not open: %v", len(failed), all, failed)
		}
		return nil
	})
	return opened, err
}

// RotateKeys wraps the data key of every sealed row under the active key of the
// key file. It may be interrupted and run again.
func RotateKeys(ctx context.Context, c config.Config) (rows int, err error) {
	err = offline(ctx, c, func(s *store.Store, keyring *secret.Keyring) error {
		credentials, err := s.AllCredentials(ctx)
		if err != nil {
			return err
		}
		for _, row := range credentials {
			sealed, err := keyring.Rewrap(row.Sealed, directory.CredentialAAD(row.ID))
			if err != nil {
				return fmt.Errorf("%s of %s: %w", row.Name, row.OwnerID, err)
			}
			err = s.ReplaceSealed(ctx, row.ID, row.Sealed, sealed)
			if err != nil && !errors.Is(err, store.ErrNotFound) { // deleted or replaced meanwhile
				return err
			}
			rows++
		}
		signing, err := rewrapSigningKeys(ctx, s, keyring)
		if err != nil {
			return err
		}
		rows += signing
		sealed, err := s.SealedKey(ctx, secret.IndexKeyName)
		if err != nil {
			return err
		}
		rewrapped, err := keyring.RewrapIndexKey(sealed)
		if err != nil {
			return err
		}
		rows++
		if err := s.ReplaceSealedKey(ctx, secret.IndexKeyName, sealed, rewrapped); err != nil {
			return err
		}
		return s.AppendAudit(ctx, store.Audit{
			At: time.Now().UTC(), Actor: hostActor, Action: "keys.rotate", Object: "keys",
		})
	})
	return rows, err
}

func rewrapSigningKeys(ctx context.Context, s *store.Store, keyring *secret.Keyring) (rows int, err error) {
	keys, err := s.SigningKeys(ctx)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		sealed, err := keyring.Rewrap(key.Sealed, oauth.SigningKeyAAD(key.KID))
		if err != nil {
			return rows, fmt.Errorf("signing key %s: %w", key.KID, err)
		}
		err = s.ReplaceSigningKey(ctx, key.KID, key.Sealed, sealed)
		if err != nil && !errors.Is(err, store.ErrNotFound) { // retired meanwhile
			return rows, err
		}
		rows++
	}
	return rows, nil
}

// offline opens store and keys for one operation on the host.
func offline(ctx context.Context, c config.Config, f func(*store.Store, *secret.Keyring) error) error {
	s, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer s.Close()
	keyring, err := openKeyring(ctx, c, s)
	if err != nil {
		return err
	}
	return f(s, keyring)
}
