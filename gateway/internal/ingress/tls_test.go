package ingress

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// writePair makes a certificate for 127.0.0.1 under a name.
func writePair(t *testing.T, c *Certificate, name string, at time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for file, block := range map[string]*pem.Block{
		c.CertFile: {Type: "CERTIFICATE", Bytes: der}, c.KeyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
		require.NoError(t, os.Chtimes(file, at, at))
	}
}

func served(t *testing.T, c *Certificate) string {
	t.Helper()
	pair, err := c.Config().GetCertificate(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	require.NoError(t, err)
	return leaf.Subject.CommonName
}

// SEC-09: a changed certificate is taken into use, a broken one is not, and the
// log says so once.
func TestCertificateIsReloadedSEC09(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		log := &strings.Builder{}
		c := &Certificate{
			CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"),
			Log: slog.New(slog.NewTextHandler(log, nil)),
		}
		require.Error(t, c.Load())
		writePair(t, c, "first", time.Unix(1000, 0))
		require.NoError(t, c.Load())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.Run(ctx)
		}()

		writePair(t, c, "second", time.Unix(2000, 0))
		<-time.After(checkEvery + time.Second)
		require.Equal(t, "second", served(t, c))

		require.NoError(t, os.WriteFile(c.CertFile, []byte("broken"), 0o600))
		require.NoError(t, os.Chtimes(c.CertFile, time.Unix(3000, 0), time.Unix(3000, 0)))
		<-time.After(5 * checkEvery)
		require.Equal(t, "second", served(t, c))

		writePair(t, c, "third", time.Unix(4000, 0))
		<-time.After(checkEvery + time.Second)
		require.Equal(t, "third", served(t, c))
		cancel()
		<-done
		require.Equal(t, 1, strings.Count(log.String(), "new certificate is unusable"))
	})
}
