package store

import (
	"context"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/internal/query"
)

// Credential is one generation of a secret. Its fields are the table's columns,
// in their order.
type Credential struct {
	ID         string
	OwnerID    string // a channel or a CredentialGroup
	Name       string // for example "authentication_token"
	Generation int64  // unique for each owner and name
	Sealed     []byte
	Index      []byte     // keyed hash, unique for each name; nil when the secret is not presented
	NotAfter   *time.Time // nil while current
	CreatedAt  time.Time
}

func (c Credential) utc() Credential {
	c.NotAfter, c.CreatedAt = utcOrNil(c.NotAfter), utc(c.CreatedAt)
	return c
}

func credential(row query.Credential) Credential { return Credential(row).utc() }

// Credentials lists the credentials of an owner by name, the newest generation
// first, expired ones included.
func (r reader) Credentials(ctx context.Context, ownerID string) ([]Credential, error) {
	rows, err := r.q.Credentials(ctx, ownerID)
	return convert(rows, credential), wrap("list credentials", err)
}

// AllCredentials lists the credentials of all owners by owner and name, the
// newest generation first, expired ones included.
func (r reader) AllCredentials(ctx context.Context) ([]Credential, error) {
	rows, err := r.q.AllCredentials(ctx)
	return convert(rows, credential), wrap("list credentials", err)
}

// InsertCredential stores a new credential. Errors: ConflictError.
func (t *Tx) InsertCredential(ctx context.Context, c Credential) error {
	err := t.q.InsertCredential(ctx, query.InsertCredentialParams(c.utc()))
	return wrap("insert credential", t.dialect.conflict(err))
}

// ExpireCredentials ends the generations below generation at notAfter. One that
// ends earlier keeps its end.
func (t *Tx) ExpireCredentials(
	ctx context.Context, ownerID, name string, generation int64, notAfter time.Time,
) error {
	return wrap("expire credentials", t.q.ExpireCredentials(ctx, query.ExpireCredentialsParams{
		OwnerID: ownerID, Name: name, Generation: generation, NotAfter: new(utc(notAfter)),
	}))
}

// DeleteCredentialsBefore deletes the generations below generation.
func (t *Tx) DeleteCredentialsBefore(ctx context.Context, ownerID, name string, generation int64) error {
	return wrap("delete credentials", t.q.DeleteCredentialsBefore(ctx, query.DeleteCredentialsBeforeParams{
		OwnerID: ownerID, Name: name, Generation: generation,
	}))
}

// DeleteCredentials deletes every credential of an owner.
func (t *Tx) DeleteCredentials(ctx context.Context, ownerID string) error {
	return wrap("delete credentials", t.q.DeleteCredentials(ctx, ownerID))
}
