package directory

import (
	"context"
	"fmt"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// assistant is one assistant as calls see it.
type assistant struct {
	api.Assistant
	keys  map[string]secret.Value // its secrets by field
	ready bool                    // the engine can start here
}

// assistant reads an assistant's secrets. One whose secrets cannot be opened
// answers no call: its backend would refuse it anyway.
func (d *Directory) assistant(ctx context.Context, row store.Assistant) (assistant, error) {
	decoded, err := DecodeAssistant(row)
	if err != nil {
		return assistant{}, err
	}
	a := assistant{Assistant: decoded, ready: d.EngineProblem(decoded) == ""}
	if len(decoded.Secrets()) == 0 {
		return a, nil
	}
	credentials, err := d.Store.Credentials(ctx, row.ID)
	if err != nil {
		return assistant{}, fmt.Errorf("read secrets of %s: %w", row.ID, err)
	}
	a.keys = map[string]secret.Value{}
	for _, c := range credentials {
		if a.keys[c.Name], err = d.Keyring.Open(c.Sealed, CredentialAAD(c.ID)); err != nil {
			d.Log.Error("assistant cannot be served", "assistant_id", row.ID, "error", fmt.Errorf("open %s: %w", c.Name, err))
			a.ready = false
		}
	}
	return a, nil
}
