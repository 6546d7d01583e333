package ingress

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// checkEvery is how often the certificate files are looked at.
const checkEvery = 10 * time.Second

// Certificate serves a certificate from files and loads it again when they
// change. A broken replacement leaves the old one in use.
type Certificate struct {
	CertFile, KeyFile string
	Log               *slog.Logger

	current atomic.Pointer[tls.Certificate]
	stamp   [2]time.Time
}

// Load reads the files; the first Load decides whether the gateway starts.
func (c *Certificate) Load() error {
	stamp, err := c.modified()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return fmt.Errorf("certificate %q with key %q: %w", c.CertFile, c.KeyFile, err)
	}
	c.current.Store(&pair)
	c.stamp = stamp
	return nil
}

// Run watches the files until the context ends.
func (c *Certificate) Run(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	var failed [2]time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		stamp, err := c.modified()
		if err == nil && (stamp == c.stamp || stamp == failed) {
			continue
		}
		if err == nil {
			err = c.Load()
		}
		if err != nil {
			if stamp != failed || stamp == ([2]time.Time{}) {
				c.Log.Error("new certificate is unusable; the old one stays in use", "error", err)
			}
			failed = stamp
			continue
		}
		c.Log.Info("certificate reloaded")
	}
}

func (c *Certificate) modified() (stamp [2]time.Time, err error) {
	for i, file := range []string{c.CertFile, c.KeyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return stamp, err
		}
		stamp[i] = info.ModTime()
	}
	return stamp, nil
}

// Config is TLS 1.2 or newer with AEAD suites only.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
