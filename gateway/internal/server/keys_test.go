package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

// The key that seals everything, the index key included, is replaced there and
// back again while calls are authenticated: none fails.
func TestKeysRotateDuringCallsSEC05(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	id := channelOn(t, g)
	g.Stop()
	key := filepath.Join(dir, "kek")
	old, err := os.ReadFile(key)
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "kek")
	_, err = secret.CreateKeyFile(other)
	require.NoError(t, err)
	fresh, err := os.ReadFile(other)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, slices.Concat(old, fresh), 0o600))
	g = gatewaytest.Start(t, gatewaytest.WithDataDir(dir))

	c := check(t, config.Settings{DataDir: dir, AdminToken: token})
	called, rotated := make(chan struct{}), make(chan error, 1)
	rotations := 0
	go func() {
		var failures error
		for first, second := fresh, old; ; first, second = second, first {
			err := os.WriteFile(key, slices.Concat(first, second), 0o600)
			_, again := server.RotateKeys(t.Context(), c)
			failures = errors.Join(failures, err, again)
			rotations++
			select {
			case <-called:
				rotated <- failures
				return
			default:
			}
		}
	}()
	credentials := map[string]string{"authentication_token": "0123456789abcdef0123456789abcdef"}
	for range 10 {
		require.NoError(t, g.PlaceCall(t, id, credentials))
	}
	close(called)
	require.NoError(t, <-rotated)
	require.Greater(t, rotations, 1)
}
