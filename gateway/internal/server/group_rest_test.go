package server_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

// What a group shares is stored once, sealed, and opens again after a restart
// and under another key; no secret, no API key and no used value is in a file.
func TestCredentialGroupsAtRestSEC01SEC10(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newConnectorRig(t, gatewaytest.WithDataDir(dir))
	a, b := r.newChannel(firstGroup, api.Write{}), r.newChannel(firstGroup, api.Write{})
	alone := r.newChannel("", api.Write{})
	rotated := r.put(a.ID, func(c *audioConnector) { c.RotateIfVersion = 1 })
	const nonce = "nonce-that-was-used-once-0123456789"
	first, err := r.inside.Once(t.Context(), "nonce", nonce, time.Minute)
	require.NoError(t, err)
	require.True(t, first)
	r.Stop()

	planted := []string{nonce}
	for _, pair := range []map[string]string{a.Credentials, rotated.Credentials, alone.Credentials} {
		planted = append(planted, pair[apiKey], pair[keyOfKey])
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, secret := range planted {
			require.False(t, bytes.Contains(content, []byte(secret)), d.Name())
		}
		return err
	}))

	c := check(t, config.Settings{DataDir: dir, AdminToken: token})
	const shared, own, signing = 2 * 2, 2, 1
	opened, err := server.VerifyKeys(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, shared+own+signing, opened)
	_, err = server.RotateKeys(t.Context(), c)
	require.NoError(t, err)

	r = newConnectorRig(t, gatewaytest.WithDataDir(dir))
	for _, c := range []audioConnector{a, b} {
		require.True(t, r.serves(c, a.Credentials), "GA-03: the overlap goes on")
		require.True(t, r.serves(c, rotated.Credentials))
		require.False(t, r.serves(c, alone.Credentials))
	}
	require.True(t, r.serves(alone, alone.Credentials))
}
