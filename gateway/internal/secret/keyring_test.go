package secret_test

import (
	"bytes"
	"encoding/base64"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

var place = secret.AAD{Table: "channel_credential", Row: "crd_1", Column: "sealed"}

func newKEK(t testing.TB) *secret.LocalKEK {
	t.Helper()
	kek, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "kek"))
	require.NoError(t, err)
	return kek
}

func newKeyring(t testing.TB) *secret.Keyring {
	t.Helper()
	kek := newKEK(t)
	sealed, err := secret.NewIndexKey(kek)
	require.NoError(t, err)
	k, err := secret.NewKeyring(kek, sealed)
	require.NoError(t, err)
	return k
}

func TestKeyringSealsAndOpens(t *testing.T) {
	t.Parallel()
	k := newKeyring(t)
	for _, tc := range []struct{ name, clear string }{
		{"empty", ""},
		{"short", "s3cret"},
		{"unicode", "geheim ✓"},
		{"long", string(bytes.Repeat([]byte("x"), 100_000))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sealed, err := k.Seal(secret.New(tc.clear), place)
			require.NoError(t, err)
			again, err := k.Seal(secret.New(tc.clear), place)
			require.NoError(t, err)
			require.NotEqual(t, sealed, again, "equal values must not show as equal rows")
			if len(tc.clear) > 4 {
				require.False(t, bytes.Contains(sealed, []byte(tc.clear)))
			}
			opened, err := k.Open(sealed, place)
			require.NoError(t, err)
			require.Equal(t, tc.clear, opened.Reveal())
		})
	}
}

// Threat 16: a stolen or damaged row is worth nothing.
func TestThreat16DamagedRowIsRefused(t *testing.T) {
	t.Parallel()
	k := newKeyring(t)
	sealed, err := k.Seal(secret.New("s3cret"), place)
	require.NoError(t, err)

	for i := range sealed {
		for bit := range 8 {
			damaged := bytes.Clone(sealed)
			damaged[i] ^= 1 << bit
			_, err := k.Open(damaged, place)
			require.Error(t, err, "bit %d of byte %d", bit, i)
		}
		_, err := k.Open(sealed[:i], place)
		require.ErrorIs(t, err, secret.ErrSealed, "truncated to %d bytes", i)
	}
	_, err = k.Open(append(bytes.Clone(sealed), 0), place)
	require.ErrorIs(t, err, secret.ErrSealed, "one byte longer")
}

func TestThreat16MovedRowIsRefused(t *testing.T) {
	t.Parallel()
	k := newKeyring(t)
	sealed, err := k.Seal(secret.New("s3cret"), place)
	require.NoError(t, err)
	for _, tc := range []struct {
		name string
		aad  secret.AAD
	}{
		{"other table", secret.AAD{Table: "sealed_key", Row: "crd_1", Column: "sealed"}},
		{"other row", secret.AAD{Table: "channel_credential", Row: "crd_2", Column: "sealed"}},
		{"other column", secret.AAD{Table: "channel_credential", Row: "crd_1", Column: "lookup"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := k.Open(sealed, tc.aad)
			require.ErrorIs(t, err, secret.ErrSealed)
		})
	}
}

func TestForeignKeyOpensNothing(t *testing.T) {
	t.Parallel()
	a, b := newKEK(t), newKEK(t)
	indexKey, err := secret.NewIndexKey(a)
	require.NoError(t, err)
	_, err = secret.NewKeyring(b, indexKey)
	require.ErrorIs(t, err, secret.ErrUnknownKey)
	require.ErrorContains(t, err, a.ID())
}

// Two keys under the same id: the row names a loaded key and yet does not open.
func TestReplacedKeyOpensNothing(t *testing.T) {
	t.Parallel()
	a := openKeys(t, "k1:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)))
	b := openKeys(t, "k1:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32)))
	indexKey, err := secret.NewIndexKey(a)
	require.NoError(t, err)
	_, err = secret.NewKeyring(b, indexKey)
	require.ErrorIs(t, err, secret.ErrSealed)
}

// A place must be unambiguous: "a|b" and "a" + "b" would authenticate alike.
func TestPlaceNeedsPlainNames(t *testing.T) {
	t.Parallel()
	k := newKeyring(t)
	for _, tc := range []struct {
		name string
		aad  secret.AAD
	}{
		{"no table", secret.AAD{Row: "1", Column: "c"}},
		{"no row", secret.AAD{Table: "t", Column: "c"}},
		{"no column", secret.AAD{Table: "t", Row: "1"}},
		{"separator", secret.AAD{Table: "t", Row: "1|c", Column: "c"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := k.Seal(secret.New("x"), tc.aad)
			require.ErrorContains(t, err, "place of a sealed value")
			_, err = k.Open([]byte{1}, tc.aad)
			require.ErrorContains(t, err, "place of a sealed value")
		})
	}
}

func TestIndexSeparatesKindsAndKeyrings(t *testing.T) {
	t.Parallel()
	a, b := newKeyring(t), newKeyring(t)
	entry, token := a.Index("api_key", "x"), a.HashToken("x")
	require.Len(t, entry, 32)
	require.Equal(t, entry, a.Index("api_key", "x"))
	require.NotEqual(t, entry, a.Index("client_secret", "x"))
	require.NotEqual(t, entry, b.Index("api_key", "x"))

	require.Len(t, token, 32)
	require.Equal(t, token, a.HashToken("x"))
	require.NotEqual(t, token, b.HashToken("x"))
	require.NotEqual(t, token, a.Index("", "x"))
}

func BenchmarkKeyring(b *testing.B) {
	k := newKeyring(b)
	sealed, err := k.Seal(secret.Generate("vas_"), place)
	require.NoError(b, err)
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		v := secret.Generate("vas_")
		for b.Loop() {
			if _, err := k.Seal(v, place); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.Open(sealed, place); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = k.Index("api_key", "vak_0123456789")
		}
	})
}
