package store

import (
	"context"
	"fmt"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// SigningKey is a key that signs access tokens. Its fields are the table's
// columns, in their order.
type SigningKey struct {
	KID        string
	Generation int64 // unique, counts from 1
	Sealed     []byte
	PublicJWK  []byte     // JSON
	FirstUse   time.Time  // when it begins to sign
	RetireAt   *time.Time // when nothing it signed is valid any more; nil for the newest
	CreatedAt  time.Time
}

func (k SigningKey) utc() SigningKey {
	k.FirstUse, k.RetireAt, k.CreatedAt = utc(k.FirstUse), utcOrNil(k.RetireAt), utc(k.CreatedAt)
	return k
}

func signingKey(row query.SigningKey) SigningKey { return SigningKey(row).utc() }

// SigningKeys lists the signing keys, the oldest first, retired ones included
// until they are purged.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	rows, err := s.q.SigningKeys(ctx)
	return convert(rows, signingKey), wrap("list signing keys", err)
}

// InsertSigningKey stores a new key and retires those of lower generations at
// retireOthers; one that retires earlier keeps its end. Errors: ConflictError
// when another node was first.
func (s *Store) InsertSigningKey(ctx context.Context, k SigningKey, retireOthers time.Time) error {
	return s.inTx(ctx, func(q *query.Queries) error {
		err := q.InsertSigningKey(ctx, query.InsertSigningKeyParams(k.utc()))
		if err != nil {
			return wrap("insert signing key", s.dialect.conflict(err))
		}
		return wrap("retire signing keys", q.RetireSigningKeys(ctx, query.RetireSigningKeysParams{
			RetireAt: new(utc(retireOthers)), Generation: k.Generation,
		}))
	})
}

// ReplaceSigningKey stores the same key sealed anew, if it is still stored as
// old. Errors: ErrNotFound.
func (s *Store) ReplaceSigningKey(ctx context.Context, kid string, old, sealed []byte) error {
	n, err := s.q.ReplaceSigningKey(ctx, query.ReplaceSigningKeyParams{KID: kid, Old: old, Sealed: sealed})
	return changed("replace signing key", kid, n, err)
}

// RevokedToken is an access token that is refused although it has not expired.
// Its fields are the table's columns, in their order.
type RevokedToken struct {
	Seq       int64 // order of revocations, set by Revoke
	JTI       string
	ExpiresAt time.Time
}

// Revoke stores a revocation; a repeated one changes nothing.
func (s *Store) Revoke(ctx context.Context, r RevokedToken) error {
	return s.inTx(ctx, func(q *query.Queries) error {
		seq, err := q.BumpRevocations(ctx)
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		return wrap("revoke token", q.InsertRevokedToken(ctx, query.InsertRevokedTokenParams{
			Seq: seq, JTI: r.JTI, ExpiresAt: utc(r.ExpiresAt),
		}))
	})
}

// RevokedTokens lists up to limit revocations after a sequence number whose
// tokens have not expired, the oldest first. Numbers are committed in their
// order, so the last one seen is a safe place to go on from.
func (s *Store) RevokedTokens(ctx context.Context, after int64, now time.Time, limit int) ([]RevokedToken, error) {
	rows, err := s.q.RevokedTokens(ctx, query.RevokedTokensParams{After: after, Now: utc(now), MaxRows: page(limit)})
	return convert(rows, func(row query.RevokedToken) RevokedToken {
		r := RevokedToken(row)
		r.ExpiresAt = utc(r.ExpiresAt)
		return r
	}), wrap("list revoked tokens", err)
}
