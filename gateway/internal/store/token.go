package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Token is an admin token; the token itself is not stored.
type Token struct {
	ID         string
	Public     string // first part of the token, unique
	Name       string
	Hash       []byte // keyed hash of the whole token
	Scopes     []string
	ExpiresAt  time.Time
	LastUsedAt *time.Time // to the minute
	CreatedAt  time.Time
}

func token(row query.Token) (Token, error) {
	var scopes []string
	if err := json.Unmarshal(row.Scopes, &scopes); err != nil {
		return Token{}, fmt.Errorf("scopes of token %q: %w", row.ID, err)
	}
	return Token{
		ID: row.ID, Public: row.Public, Name: row.Name, Hash: row.Hash, Scopes: scopes,
		ExpiresAt: utc(row.ExpiresAt), LastUsedAt: utcOrNil(row.LastUsedAt), CreatedAt: utc(row.CreatedAt),
	}, nil
}

// Tokens lists up to limit tokens with ids above after, in the order of ids,
// expired ones included.
func (r reader) Tokens(ctx context.Context, after string, limit int) ([]Token, error) {
	rows, err := r.q.Tokens(ctx, query.TokensParams{After: after, MaxRows: page(limit)})
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	list := make([]Token, len(rows))
	for i, row := range rows {
		if list[i], err = token(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// TokenByPublic finds a token by its public part, expired ones included.
// Errors: ErrNotFound.
func (r reader) TokenByPublic(ctx context.Context, public string) (Token, error) {
	row, err := r.q.TokenByPublic(ctx, public)
	if err != nil {
		return Token{}, found("token", public, err)
	}
	return token(row)
}

// TouchToken notes that a token was used. It writes once a minute at most.
func (s *Store) TouchToken(ctx context.Context, id string, now time.Time) error {
	minute := utc(now).Truncate(time.Minute)
	return wrap("touch token", s.q.TouchToken(ctx, query.TouchTokenParams{ID: id, At: &minute}))
}

// InsertToken stores a new token. Errors: ConflictError.
func (t *Tx) InsertToken(ctx context.Context, k Token) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return fmt.Errorf("insert token: %w", err)
	}
	err = t.q.InsertToken(ctx, query.InsertTokenParams{
		ID: k.ID, Public: k.Public, Name: k.Name, Hash: k.Hash, Scopes: scopes,
		ExpiresAt: utc(k.ExpiresAt), LastUsedAt: utcOrNil(k.LastUsedAt), CreatedAt: utc(k.CreatedAt),
	})
	return wrap("insert token", t.dialect.conflict(err))
}

// DeleteToken revokes a token. Errors: ErrNotFound.
func (t *Tx) DeleteToken(ctx context.Context, id string) error {
	n, err := t.q.DeleteToken(ctx, id)
	return changed("delete token", id, n, err)
}
