package gatewaytest

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// prepareKey makes the key file that a gateway on PostgreSQL expects to find.
func prepareKey(t testing.TB, c config.Config) {
	t.Helper()
	if c.Embedded() {
		return
	}
	if _, err := os.Stat(c.KEKFile); errors.Is(err, fs.ErrNotExist) {
		_, err := secret.CreateKeyFile(c.KEKFile)
		require.NoError(t, err)
	}
}
