package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// Keys holds the signing keys of all nodes. Readers need no lock; mu serialises
// what reads and writes the store.
type Keys struct {
	Store   *store.Store
	Keyring *secret.Keyring

	mu      sync.Mutex
	current atomic.Pointer[[]*key] // the oldest first
}

// ErrNoKey means that no key can sign at this time.
var ErrNoKey = errors.New("no signing key is in use")

// Refresh reads the keys. It makes the first one, and publishes the next one
// when the newest has a day left.
func (k *Keys) Refresh(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := k.read(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	switch newest := last(keys); {
	case newest == nil:
		err = k.publish(ctx, 1, now, now)
	case !now.Before(newest.firstUse.Add(keyLife - publishAhead)):
		err = k.publishNext(ctx, newest, now)
		if err == nil {
			err = k.audit(ctx, "gateway", now)
		}
	default:
		return nil
	}
	if err != nil && !errors.Is(err, store.ErrConflict) { // another node was first: take its key
		return err
	}
	_, err = k.read(ctx)
	return err
}

// Rotation is what Rotate did.
type Rotation struct {
	KeyID    string
	FirstUse time.Time
	// Pending means that the next key was published already; nothing changed.
	Pending bool
}

// Rotate publishes the next key for first use in a day. With compromised, it
// is used within seconds, and what the keys before it signed is refused from
// then on.
func (k *Keys) Rotate(ctx context.Context, actor string, compromised bool) (Rotation, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, err := k.read(ctx)
	if err != nil {
		return Rotation{}, err
	}
	now, newest := time.Now(), last(keys)
	switch {
	case compromised && newest != nil:
		first := now.Add(settle)
		err = k.publish(ctx, newest.generation+1, first, first)
	case newest == nil:
		err = k.publish(ctx, 1, now, now)
	case newest.firstUse.After(now):
		return Rotation{KeyID: newest.kid, FirstUse: newest.firstUse, Pending: true}, nil
	default:
		err = k.publishNext(ctx, newest, now)
	}
	if err != nil {
		return Rotation{}, err
	}
	if keys, err = k.read(ctx); err != nil {
		return Rotation{}, err
	}
	newest = last(keys)
	return Rotation{KeyID: newest.kid, FirstUse: newest.firstUse}, k.audit(ctx, actor, now)
}

func (k *Keys) publishNext(ctx context.Context, newest *key, now time.Time) error {
	first := now.Add(publishAhead)
	return k.publish(ctx, newest.generation+1, first, first.Add(tokenLife+keepAfter))
}

func (k *Keys) publish(ctx context.Context, generation int64, firstUse, retireOthers time.Time) error {
	row, err := newKey(k.Keyring, generation, firstUse, time.Now())
	if err != nil {
		return err
	}
	return k.Store.InsertSigningKey(ctx, row, retireOthers)
}

func (k *Keys) audit(ctx context.Context, actor string, now time.Time) error {
	return k.Store.AppendAudit(ctx, store.Audit{At: now, Actor: actor, Action: "keys.rotate", Object: "keys/signing"})
}

// read replaces the keys in memory by those of the store. What was opened
// before is not opened again.
func (k *Keys) read(ctx context.Context) ([]*key, error) {
	rows, err := k.Store.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]*key, 0, len(rows))
	for _, row := range rows {
		opened, err := k.opened(row)
		if err != nil {
			return nil, err
		}
		keys = append(keys, opened)
	}
	k.current.Store(&keys)
	return keys, nil
}

func (k *Keys) opened(row store.SigningKey) (*key, error) {
	for _, known := range k.list() {
		if known.kid == row.KID {
			again := *known
			again.firstUse, again.retireAt = row.FirstUse, row.RetireAt
			return &again, nil
		}
	}
	return openKey(k.Keyring, row)
}

func (k *Keys) list() []*key {
	if keys := k.current.Load(); keys != nil {
		return *keys
	}
	return nil
}

// sign makes a token with the newest key whose time has come.
func (k *Keys) sign(c Claims, now time.Time) (string, error) {
	var use *key
	for _, candidate := range k.list() {
		if !candidate.firstUse.After(now) && !candidate.retired(now) {
			use = candidate
		}
	}
	if use == nil {
		return "", fmt.Errorf("sign access token: %w", ErrNoKey)
	}
	return use.sign(c)
}

// find gives the public key of a kid that tokens may be signed with.
func (k *Keys) find(kid string, now time.Time) (any, bool) {
	for _, candidate := range k.list() {
		if candidate.kid == kid && !candidate.retired(now) {
			return candidate.public.Key, true
		}
	}
	return nil, false
}

// published is the key set that verifies every valid token (RFC 7517): the key
// in use, the one before it and the one after it.
func (k *Keys) published(now time.Time) jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, candidate := range k.list() {
		if !candidate.retired(now) {
			set.Keys = append(set.Keys, candidate.public)
		}
	}
	return set
}

func last(keys []*key) *key {
	if len(keys) == 0 {
		return nil
	}
	return keys[len(keys)-1]
}
