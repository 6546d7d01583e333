package secret_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func keyLine(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) + "\n"
}

func openKeys(t *testing.T, content string) *secret.LocalKEK {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kek")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	kek, err := secret.OpenKeyFile(path)
	require.NoError(t, err)
	return kek
}

func TestKeyFileRoundTrip(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kek")
	created, err := secret.CreateKeyFile(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	opened, err := secret.OpenKeyFile(path)
	require.NoError(t, err)
	require.Equal(t, created.ID(), opened.ID())
	wrapped, err := created.Wrap([]byte("data key"), []byte("aad"))
	require.NoError(t, err)
	dek, err := opened.Unwrap(created.ID(), wrapped, []byte("aad"))
	require.NoError(t, err)
	require.Equal(t, "data key", string(dek))

	_, err = secret.CreateKeyFile(path)
	require.ErrorIs(t, err, os.ErrExist, "an existing key is never replaced")
	again, err := secret.OpenKeyFile(path)
	require.NoError(t, err)
	require.Equal(t, created.ID(), again.ID())
}

// Rotation: the new key comes first, the old ones still unwrap.
func TestFirstLineIsActiveAllUnwrap(t *testing.T) {
	t.Parallel()
	before := openKeys(t, keyLine("old", 1))
	after := openKeys(t, "\n"+keyLine("new", 2)+keyLine("old", 1))
	require.Equal(t, "new", after.ID())

	wrapped, err := before.Wrap([]byte("data key"), nil)
	require.NoError(t, err)
	dek, err := after.Unwrap("old", wrapped, nil)
	require.NoError(t, err)
	require.Equal(t, "data key", string(dek))
	_, err = before.Unwrap("new", wrapped, nil)
	require.ErrorIs(t, err, secret.ErrUnknownKey)
}

// SEC-06: the refusal names the file and the fix, never the content.
func TestBadKeyFileIsRefusedSEC06(t *testing.T) {
	t.Parallel()
	good := keyLine("k1", 1)
	planted := strings.TrimSpace(good[3:])
	for _, tc := range []struct {
		name, content string
		mode          os.FileMode
		want          string
	}{
		{"world-readable", good, 0o644, "chmod 0600"},
		{"group-readable", good, 0o640, "chmod 0600"},
		{"executable", good, 0o700, "chmod 0600"},
		{"empty", "", 0o600, "holds no key"},
		{"blank lines", "\n \n", 0o600, "holds no key"},
		{"no id", planted + "\n", 0o600, "line 1: want id:key"},
		{"empty id", ":" + planted, 0o600, "line 1: want id:key"},
		{"bad id", "a|b:" + planted, 0o600, "line 1: want id:key"},
		{"long id", strings.Repeat("k", 65) + ":" + planted, 0o600, "line 1: want id:key"},
		{"short key", good + "k2:AAAA\n", 0o600, "line 2: the key is not 32 bytes"},
		{"no base64", "k1:" + planted[:40] + "!\n", 0o600, "line 1: the key is not 32 bytes"},
		{"id twice", good + good, 0o600, `line 2: id "k1" is used twice`},
		{"huge", strings.Repeat(good, 2000), 0o600, "larger than 65536 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "kek")
			require.NoError(t, os.WriteFile(path, []byte(tc.content), 0o600))
			require.NoError(t, os.Chmod(path, tc.mode))
			_, err := secret.OpenKeyFile(path)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, fmt.Sprintf("%q", path))
			require.NotContains(t, err.Error(), planted[:16])
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestMissingKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kek")
	_, err := secret.OpenKeyFile(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)

	_, err = secret.OpenKeyFile(t.TempDir())
	require.ErrorContains(t, err, "not a regular file")
	_, err = secret.CreateKeyFile(filepath.Join(path, "kek"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestStricterModeIsAccepted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kek")
	require.NoError(t, os.WriteFile(path, []byte(keyLine("k1", 1)), 0o400))
	_, err := secret.OpenKeyFile(path)
	require.NoError(t, err)
}
