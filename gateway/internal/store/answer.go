package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Answer is what a request with an Idempotency-Key was answered. A repeated
// request gets it again.
type Answer struct {
	Key         string // unique, whatever the route
	Route       string
	RequestHash []byte
	Status      int
	ObjectID    string
	Body        []byte // kept byte for byte, without secrets
	ExpiresAt   time.Time
}

// Answer finds the remembered answer of a key; one that has expired is
// forgotten, so that the key can be used anew. Errors: ErrNotFound.
func (t *Tx) Answer(ctx context.Context, key string, now time.Time) (Answer, error) {
	now = utc(now)
	if err := t.q.ForgetAnswer(ctx, query.ForgetAnswerParams{Key: key, Now: now}); err != nil {
		return Answer{}, wrap("forget answer", err)
	}
	row, err := t.q.Answer(ctx, query.AnswerParams{Key: key, Now: now})
	if err != nil {
		return Answer{}, found("answer", key, err)
	}
	return Answer{
		Key: row.Key, Route: row.Route, RequestHash: row.RequestHash, Status: int(row.Status),
		ObjectID: row.ObjectID, Body: row.Body, ExpiresAt: utc(row.ExpiresAt),
	}, nil
}

// SaveAnswer remembers the answer of a key. Errors: ConflictError.
func (t *Tx) SaveAnswer(ctx context.Context, a Answer) error {
	err := t.q.SaveAnswer(ctx, query.SaveAnswerParams{
		Key: a.Key, Route: a.Route, RequestHash: a.RequestHash, Status: int64(a.Status),
		ObjectID: a.ObjectID, Body: a.Body, ExpiresAt: utc(a.ExpiresAt),
	})
	return wrap("save answer", t.dialect.conflict(err))
}
