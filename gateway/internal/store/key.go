package store

import (
	"context"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// SealedKey reads a key that is sealed under the key-encryption key. Errors:
// ErrNotFound.
func (s *Store) SealedKey(ctx context.Context, name string) ([]byte, error) {
	sealed, err := s.q.SealedKey(ctx, name)
	return sealed, found("sealed key", name, err)
}

// InsertSealedKey stores a sealed key unless there is one of that name, and
// gives the stored one: of several nodes that start at once, all use the key of
// the first.
func (s *Store) InsertSealedKey(ctx context.Context, name string, sealed []byte) ([]byte, error) {
	if err := s.q.InsertSealedKey(ctx, query.InsertSealedKeyParams{Name: name, Sealed: sealed}); err != nil {
		return nil, fmt.Errorf("insert sealed key %q: %w", name, err)
	}
	return s.SealedKey(ctx, name)
}

// ReplaceSealedKey stores the same key sealed anew, if it is still stored as
// old. Errors: ErrNotFound.
func (s *Store) ReplaceSealedKey(ctx context.Context, name string, old, sealed []byte) error {
	n, err := s.q.ReplaceSealedKey(ctx, query.ReplaceSealedKeyParams{Name: name, Old: old, Sealed: sealed})
	return changed("replace sealed key", name, n, err)
}

// ReplaceSealed stores the same credential sealed anew, if it is still stored
// as old: one that was deleted meanwhile stays deleted. Errors: ErrNotFound.
func (s *Store) ReplaceSealed(ctx context.Context, credentialID string, old, sealed []byte) error {
	n, err := s.q.ReplaceSealed(ctx, query.ReplaceSealedParams{ID: credentialID, Old: old, Sealed: sealed})
	return changed("replace credential", credentialID, n, err)
}

// HasSealedRows reports whether anything in the store needs the key-encryption
// key: then a missing key must not be replaced by a new one.
func (s *Store) HasSealedRows(ctx context.Context) (bool, error) {
	has, err := s.q.HasSealedRows(ctx)
	return has, wrap("look for sealed rows", err)
}
