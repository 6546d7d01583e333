package sdes_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// The keys of the examples of RFC 4568 section 6.1 and 9.1.
const (
	keyOne = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
	keyTwo = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
)

func TestParse(t *testing.T) {
	t.Parallel()
	gcm := strings.Repeat("A", 36) + "AA==" // 28 bytes
	gcm256 := strings.Repeat("A", 56) + "AAA="
	for _, tt := range []struct {
		name, value string
		tag         int
		suite       sdes.Suite // none: not usable
	}{
		{"RFC 4568 section 9.1", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + "|2^20", 1, sdes.AESCM},
		{"without lifetime", "2 AES_CM_128_HMAC_SHA1_80 inline:" + keyTwo, 2, sdes.AESCM},
		{"lifetime in digits", "2 AES_CM_128_HMAC_SHA1_80 inline:" + keyTwo + "|1000000", 2, sdes.AESCM},
		{"GCM", "10 AEAD_AES_128_GCM inline:" + gcm, 10, sdes.GCM128},
		{"GCM 256", "999999999 AEAD_AES_256_GCM inline:" + gcm256, 999999999, sdes.GCM256},
		{"key identifier", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + "|2^20|1:4", 0, 0},
		{"key identifier alone", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + "|1:4", 0, 0},
		{"two keys", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + ";inline:" + keyTwo, 0, 0},
		{"session parameter", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + " UNENCRYPTED_SRTP", 0, 0},
		{"unknown parameter", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + " FEC_ORDER=FEC_SRTP", 0, 0},
		{"32 bit tag", "1 AES_CM_128_HMAC_SHA1_32 inline:" + keyOne, 0, 0},
		{"lower case", "1 aes_cm_128_hmac_sha1_80 inline:" + keyOne, 0, 0},
		{"unknown suite", "1 F8_128_HMAC_SHA1_80 inline:" + keyOne, 0, 0},
		{"short key", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne[:36], 0, 0},
		{"key of another suite", "1 AEAD_AES_128_GCM inline:" + keyOne, 0, 0},
		{"no base64", "1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("*", 40), 0, 0},
		{"no method", "1 AES_CM_128_HMAC_SHA1_80 " + keyOne, 0, 0},
		{"negative tag", "-1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne, 0, 0},
		{"great tag", "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne, 0, 0},
		{"lifetime of no packets", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + "|0", 0, 0},
		{"lifetime too great", "1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + "|2^49", 0, 0},
		{"nothing", "", 0, 0},
		{"tag alone", "1", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := sdes.Parse(tt.value)
			if tt.suite == 0 {
				require.ErrorIs(t, err, sdes.ErrUnusable)
				require.NotContains(t, err.Error(), keyOne[:8])
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.tag, a.Tag)
			require.Equal(t, tt.suite, a.Key.Suite())
			again, err := sdes.Parse(a.String())
			require.NoError(t, err)
			require.True(t, a.Key.Equal(again.Key))
		})
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	t.Parallel()
	a, err := sdes.Parse("1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("key", "detail", a.Key)
	for _, text := range []string{
		fmt.Sprint(a.Key), fmt.Sprintf("%v %+v %#v %s %x %q", a.Key, a.Key, a.Key, a.Key, a.Key, a.Key), log.String(),
	} {
		require.Contains(t, text, "AES_CM_128_HMAC_SHA1_80")
		require.NotContains(t, text, "WVNf")
		require.NotContains(t, text, "594e5f") // hexadecimal of the key
		require.NotContains(t, text, "YS_")
	}
}

func TestKeysDifferAndProtectSIP08(t *testing.T) {
	t.Parallel()
	for _, s := range sdes.Suites() {
		t.Run("SIP-08 SRTP "+s.String(), func(t *testing.T) {
			t.Parallel()
			key, other := sdes.NewKey(s), sdes.NewKey(s)
			require.False(t, key.Equal(other))
			send, err := key.Context()
			require.NoError(t, err)
			hear, err := key.Context()
			require.NoError(t, err)
			deaf, err := other.Context()
			require.NoError(t, err)
			plain, err := (&rtp.Packet{
				Header:  rtp.Header{Version: 2, SequenceNumber: 1, SSRC: 7},
				Payload: []byte("a frame of audio"),
			}).Marshal()
			require.NoError(t, err)
			sealed, err := send.EncryptRTP(nil, plain, nil)
			require.NoError(t, err)
			require.NotContains(t, string(sealed), "audio")
			_, err = deaf.DecryptRTP(nil, sealed, nil)
			require.Error(t, err)
			got, err := hear.DecryptRTP(nil, sealed, nil)
			require.NoError(t, err)
			require.Equal(t, plain, got)
			_, err = hear.DecryptRTP(nil, sealed, nil)
			require.Error(t, err, "replayed")
		})
	}
	_, err := sdes.Key{}.Context()
	require.Error(t, err)
	require.Equal(t, "none", sdes.Key{}.String())
}

func FuzzParse(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + keyOne + "|2^20|1:4")
	f.Add("1 AEAD_AES_128_GCM inline:" + keyTwo + " KDR=1")
	f.Fuzz(func(t *testing.T, value string) {
		a, err := sdes.Parse(value)
		if err != nil {
			require.ErrorIs(t, err, sdes.ErrUnusable)
			return
		}
		again, err := sdes.Parse(a.String())
		require.NoError(t, err)
		require.True(t, a.Key.Equal(again.Key))
		_, err = a.Key.Context()
		require.NoError(t, err)
	})
}
