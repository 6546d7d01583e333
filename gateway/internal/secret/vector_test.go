package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// The published row: key k1 = 32×01, data key = 32×02, wrap nonce 12×03, data
// nonce 12×04.
const (
	vectorRow = "01026b31003c030303030303030303030303fa631698fd86356baffee465ce1b26aaba31a34f85cdc0b0ae12bf44a84884" +
		"71f6a93c8bdc1afa8b17f8798ba6511b41040404040404040404040404777fb27c9b3f7e321e0ca76419825f1343feff38a759"
	vectorAAD       = "t1|channel_credential|42|client_secret"
	vectorPlaintext = "s3cret"
)

func vectorKEK() *LocalKEK {
	return &LocalKEK{active: "k1", keys: map[string][]byte{"k1": bytes.Repeat([]byte{1}, keySize)}}
}

// fixed seals with a nonce of one repeated byte, which the package never does.
func fixed(t *testing.T, key []byte, nonce byte, plaintext string) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	n := bytes.Repeat([]byte{nonce}, aead.NonceSize())
	return aead.Seal(n, n, []byte(plaintext), []byte(vectorAAD))
}

func TestSealedRowVector(t *testing.T) {
	t.Parallel()
	kek, dek := vectorKEK(), bytes.Repeat([]byte{2}, keySize)
	row, err := envelope{
		kekID:   kek.ID(),
		wrapped: fixed(t, kek.keys["k1"], 3, string(dek)),
		data:    fixed(t, dek, 4, vectorPlaintext),
	}.encode()
	require.NoError(t, err)
	require.Len(t, row, 100)
	require.Equal(t, vectorRow, hex.EncodeToString(row))

	plaintext, err := open(kek, row, []byte(vectorAAD))
	require.NoError(t, err)
	require.Equal(t, vectorPlaintext, string(plaintext))
}

func TestIndexVectors(t *testing.T) {
	t.Parallel()
	key := make([]byte, keySize)
	for i := range key {
		key[i] = byte(i)
	}
	for _, tc := range []struct{ kind, secret, want string }{
		{"x_snc_param", "vsp_test-0001", "963728231e0f3c8873279c2b6dd2d9d7659788bde3a0852efb8d37035be8077c"},
		{"client_secret", "vas_test-0001", "c92f0f39d10efe9fb920045e5ae438044dd7e71aaec95a52635170395523d591"},
		{"api_key", "vas_test-0001", "ceac60ddb0d97b9882314173d0ceb5ab3d438228e5315dc0c4f758dfe0baaf1a"},
	} {
		t.Run(tc.kind, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, hex.EncodeToString(index(key, tc.kind, tc.secret)))
		})
	}
}

// FuzzSealedRowSEC11 feeds damaged rows to Open: nothing but the published row may open.
func FuzzSealedRowSEC11(f *testing.F) {
	good, err := hex.DecodeString(vectorRow)
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{sealVersion, 0xff})
	f.Add(append([]byte{sealVersion, 2, 'k', '1', 0xff, 0xff}, good[6:]...))
	f.Add(append(bytes.Clone(good), 0))
	kek := vectorKEK()
	f.Fuzz(func(t *testing.T, row []byte) {
		plaintext, err := open(kek, row, []byte(vectorAAD))
		if bytes.Equal(row, good) {
			require.NoError(t, err)
			require.Equal(t, vectorPlaintext, string(plaintext))
			return
		}
		require.Error(t, err)
		require.Nil(t, plaintext)
	})
}
