package admin

import (
	"context"
	"fmt"
	"math"

	"github.com/oklog/ulid/v2"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/directory"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// takeSecrets takes the secrets out of a request, by field.
func takeSecrets(assistant *api.Assistant) map[string]secret.Value {
	given := map[string]secret.Value{}
	for _, s := range assistant.Secrets() {
		given[s.Field] = secret.New(*s.Value)
		*s.Value = ""
	}
	return given
}

// keepSecrets makes the stored secrets of assistant id those that wanted asks
// for: the given ones, and of the others those whose version is the one in old,
// nil for a new assistant. It reports whether any differs now.
func (a *Admin) keepSecrets(
	ctx context.Context, tx *store.Tx, id string, old, wanted *api.Assistant, given map[string]secret.Value,
) (changed bool, err error) {
	rows, err := tx.Credentials(ctx, id)
	if err != nil {
		return false, err
	}
	stored := map[string]store.Credential{}
	for _, row := range rows {
		stored[row.Name] = row
	}
	versions := map[string]int64{}
	if old != nil {
		for _, s := range old.Secrets() {
			versions[s.Field] = s.Version
		}
	}
	for _, s := range wanted.Secrets() {
		row, ok := stored[s.Field]
		value := given[s.Field]
		if s.Version == 0 {
			continue // a stored one is deleted below
		}
		delete(stored, s.Field)
		same := ok && versions[s.Field] == s.Version
		if value.IsZero() {
			if !same {
				return false, invalid(api.FieldError{
					Field: s.Field, Message: fmt.Sprintf("is required: none with version %d is stored", s.Version),
				})
			}
			continue
		}
		if same {
			current, err := a.Keyring.Open(row.Sealed, directory.CredentialAAD(row.ID))
			if err == nil && current.Equal(value.Reveal()) {
				continue
			}
			// One that cannot be opened any more is replaced.
		}
		changed = true
		if err := a.replaceSecret(ctx, tx, id, s.Field, row.Generation+1, value); err != nil {
			return false, err
		}
	}
	for name := range stored {
		changed = true
		if err := tx.DeleteCredentialsBefore(ctx, id, name, math.MaxInt64); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// replaceSecret stores a generation of a secret instead of all before it.
func (a *Admin) replaceSecret(
	ctx context.Context, tx *store.Tx, id, name string, generation int64, value secret.Value,
) (err error) {
	row := store.Credential{ID: ulid.Make().String(), OwnerID: id, Name: name, Generation: generation, CreatedAt: now()}
	if row.Sealed, err = a.Keyring.Seal(value, directory.CredentialAAD(row.ID)); err != nil {
		return fmt.Errorf("seal %s: %w", name, err)
	}
	if err := tx.DeleteCredentialsBefore(ctx, id, name, generation); err != nil {
		return err
	}
	return tx.InsertCredential(ctx, row)
}
