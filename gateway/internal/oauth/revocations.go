package oauth

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

const (
	// maxRevoked bounds the deny list; every token leaves it when it expires.
	maxRevoked  = 100_000
	revokedPage = 500
)

// ErrTooManyRevoked means that the deny list is full.
var ErrTooManyRevoked = errors.New("too many tokens are revoked at this time")

// Revocations is the deny list: the tokens that are refused before they expire.
// It is read from memory; mu guards it.
type Revocations struct {
	Store *store.Store

	mu      sync.Mutex
	expires map[string]time.Time // by jti
	after   int64                // last revocation read
}

// Refresh adds what was revoked elsewhere and forgets what expired.
func (r *Revocations) Refresh(ctx context.Context) error {
	for {
		r.mu.Lock()
		after := r.after
		r.mu.Unlock()
		rows, err := r.Store.RevokedTokens(ctx, after, time.Now(), revokedPage)
		if err != nil {
			return err
		}
		r.merge(rows)
		if len(rows) < revokedPage {
			return nil
		}
	}
}

func (r *Revocations) merge(rows []store.RevokedToken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(r.expires, func(_ string, at time.Time) bool { return !now.Before(at) })
	for _, row := range rows {
		r.add(row.JTI, row.ExpiresAt)
		r.after = max(r.after, row.Seq)
	}
}

func (r *Revocations) add(jti string, expires time.Time) {
	if r.expires == nil {
		r.expires = map[string]time.Time{}
	}
	r.expires[jti] = expires
}

// Revoke stores that a token is refused from now on. Other nodes learn it
// within pollEvery. Errors: ErrTooManyRevoked, and what the store says.
func (r *Revocations) Revoke(ctx context.Context, c Claims) error {
	r.mu.Lock()
	full := len(r.expires) >= maxRevoked
	r.mu.Unlock()
	if full {
		return ErrTooManyRevoked
	}
	if err := r.Store.Revoke(ctx, store.RevokedToken{JTI: c.ID, ExpiresAt: c.expires()}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(c.ID, c.expires())
	return nil
}

func (r *Revocations) has(jti string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, revoked := r.expires[jti]
	return revoked
}
