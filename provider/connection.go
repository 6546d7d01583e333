package provider

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// connection is one configured provider. Whatever is remembered between
// requests hangs here and not on the provider: a provider process may be
// configured again for another walk, and must then see the world afresh.
type connection struct {
	client *api.Client
	token  string // for redaction only

	// validationDown is set once the gateway could not be asked during a plan,
	// so that one warning is given and no further time is spent.
	validationDown atomic.Bool

	mu   sync.Mutex
	bulk map[string]*bulkReader // by list path
}

func newConnection(config api.ClientConfig) (*connection, *api.FieldError) {
	client, err := api.NewClient(config)
	if err != nil {
		var field api.FieldError
		if !errors.As(err, &field) {
			field = api.FieldError{Field: "endpoint", Message: err.Error()}
		}
		return nil, &field
	}
	return &connection{client: client, token: config.Token, bulk: map[string]*bulkReader{}}, nil
}

// bulkOf gives the shared reader of one list.
func (c *connection) bulkOf(list string) *bulkReader {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.bulk[list]
	if !ok {
		b = newBulkReader(c.client, list)
		c.bulk[list] = b
	}
	return b
}

// connectionFrom reads the data that Configure of the provider left. It is
// nil while Terraform only validates.
func connectionFrom(data any) (*connection, diag.Diagnostics) {
	if data == nil {
		return nil, nil
	}
	conn, ok := data.(*connection)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Provider not configured",
			fmt.Sprintf("Expected the data of this provider, got %T. Please report this to the provider's developers.", data))}
	}
	return conn, nil
}
