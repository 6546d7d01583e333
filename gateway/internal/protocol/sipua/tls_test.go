package sipua_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// certificate is one for the loopback address.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	required := listed()
	required.SRTP = trunk.SRTPRequired
	r := start(t, options{
		trunks: []*trunk.Trunk{required}, tls: certificate(t), listen: "tls://127.0.0.1:0,udp://127.0.0.1:0",
	})
	t.Run("SIP-01 a call over TLS, which srtp = required wants", func(t *testing.T) {
		d := r.dial(sipua.TLS).dialog()
		res := d.establish()
		require.Equal(t, "tls", res.Contact().Address.UriParams.GetOr("transport", ""))
		c := r.call()
		require.True(t, c.Encrypted())
		require.True(t, c.Loopback())
		go func() { _ = c.Bye(t.Context(), sipua.Goodbye{}) }()
		d.answer(d.request("BYE"), 200)
		r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
	})
	_, err := sipua.New(sipua.Config{Listen: []sipua.Listen{{Transport: sipua.TLS}}})
	require.ErrorContains(t, err, "certificate")
}
