package admin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// WriteInput is what every writing request has beside its body. Types that are
// embedded in requests are exported: huma reads no others.
type WriteInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"64" doc:"Repeating a request with its key gives its first answer. On POST a ULID, which becomes the new id; on PUT any value."`
	DryRun  bool   `query:"dry_run" doc:"Check only; needs the read scope."`
	IfMatch string `header:"If-Match" doc:"ETag that was read, or *; required on PUT and DELETE."`
	RawBody []byte
}

// output answers one object.
type output[T any] struct {
	Status       int
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         T
}

// change is one write of the configuration, as the part that all objects share
// sees it.
type change struct {
	WriteInput
	route  string // operation id, bound to the key
	prefix string // of a new id; empty for PUT
	// apply does the work inside the transaction and gives the answer, without
	// secrets, and the ids it touched. id is the id of a new object.
	apply func(ctx context.Context, tx *store.Tx, id string) (answer any, touched []string, err error)
}

// write runs a change once: an Idempotency-Key that was seen gives the stored
// answer, a deleted id stays deleted, and a dry run leaves nothing behind.
// replayed is the stored answer, if there was one.
func (a *Admin) write(ctx context.Context, c change) (answer any, replayed []byte, err error) {
	key, id, err := c.identity()
	if err != nil {
		return nil, nil, err
	}
	p := who(ctx)
	hash := a.Keyring.HashToken(p.tokenID + "\n" + c.route + "\n" + string(c.RawBody))
	var touched []string
	var revision int64
	err = a.Store.Write(ctx, c.DryRun, func(tx *store.Tx) error {
		revision = tx.Revision
		now := now()
		if c.prefix != "" {
			gone, err := tx.Tombstoned(ctx, id, now)
			if err != nil {
				return err
			}
			if gone {
				return problem(http.StatusGone, fmt.Sprintf("%s was deleted", id))
			}
		}
		if key != "" && !c.DryRun {
			seen, err := tx.Answer(ctx, key, now)
			if err == nil {
				if seen.Route != c.route || !hmac.Equal(seen.RequestHash, hash) {
					return problem(http.StatusConflict, "the Idempotency-Key was used for another request")
				}
				replayed = seen.Body
				return errReplayed
			}
			if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		var err error
		if answer, touched, err = c.apply(ctx, tx, id); err != nil {
			return err
		}
		if key == "" || c.DryRun {
			return nil
		}
		body, err := json.Marshal(answer)
		if err != nil {
			return fmt.Errorf("encode answer: %w", err)
		}
		return tx.SaveAnswer(ctx, store.Answer{
			Key: key, Route: c.route, RequestHash: hash, Status: http.StatusOK, ObjectID: id, Body: body,
			ExpiresAt: now.Add(api.IdempotencyWindow),
		})
	})
	if errors.Is(err, errReplayed) {
		return nil, replayed, nil
	}
	if err != nil || c.DryRun {
		return answer, nil, err
	}
	a.serve(ctx, revision, touched)
	return answer, nil, nil
}

// errReplayed rolls the transaction back: nothing changes.
var errReplayed = errors.New("replayed")

// serve returns once this process serves the change, so that a create may be
// answered only when calls would find the object.
func (a *Admin) serve(ctx context.Context, revision int64, touched []string) {
	if err := a.Directory.Touch(ctx, revision, touched...); err != nil {
		// It is committed; the directory's poll catches up.
		a.Log.Error("change is stored but not served yet", "error", err)
	}
}

// identity checks the key and derives the id of a new object from it.
func (c change) identity() (key, id string, err error) {
	switch {
	case c.prefix == "":
		return c.Key, "", nil
	case c.Key == "":
		return "", c.prefix + ulid.Make().String(), nil
	case !api.ValidULID(c.Key):
		return "", "", problem(http.StatusBadRequest, "the Idempotency-Key of a POST is a ULID; it becomes the new id")
	}
	return c.Key, c.prefix + c.Key, nil
}

// precondition refuses a write to an object that changed since it was read.
func (c change) precondition(revision int64, updatedBy string, updatedAt time.Time) error {
	want, whatever, err := ifMatch(c.IfMatch)
	if err != nil {
		return err
	}
	if !whatever && want != revision {
		return problem(http.StatusPreconditionFailed, fmt.Sprintf(
			"changed by %s at %s since it was read; plan again", updatedBy, updatedAt.UTC().Format(time.RFC3339)))
	}
	return nil
}

// audited appends the audit entry of a change; before and after are the stored
// forms, which hold no secret.
func audited(ctx context.Context, tx *store.Tx, action, object string, before, after []byte) error {
	entry := who(ctx).audit(action, object)
	entry.BeforeHash, entry.AfterHash = hashOf(before), hashOf(after)
	return tx.AppendAudit(ctx, entry)
}

func hashOf(b []byte) string {
	if b == nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
