package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Bounds of every request. A context may end it earlier.
const (
	timeout     = 15 * time.Second // of a whole request with its answer
	dialTimeout = 5 * time.Second
	maxHeader   = 32 << 10
	// MaxAnswer is how many bytes of an answer can be read; more is an error.
	MaxAnswer = 1 << 20

	idleTimeout = 60 * time.Second
	maxIdle     = 32 // connections kept, and of one host at most maxIdleHost
	maxIdleHost = 4
)

// ErrScheme refuses a URL that is neither https nor, to an allowed address,
// http.
var ErrScheme = errors.New("only https is used, and http to addresses of VA_OUTBOUND_ALLOW_CIDRS")

// AddressError refuses a connection to an address.
type AddressError struct {
	Addr    netip.Addr
	Problem string // for example "loopback"
}

// Error implements error.
func (e *AddressError) Error() string {
	return fmt.Sprintf("the address %s is not public (%s) and not in VA_OUTBOUND_ALLOW_CIDRS", e.Addr, e.Problem)
}

// Client sends requests. It follows no redirect, takes no proxy from the
// environment and may be used by many goroutines.
type Client struct {
	http          *http.Client
	secure, plain *http.Transport
}

// New makes a client that also connects to the networks in allow, by plain
// http only to those. roots verifies the servers; nil means the system's pool.
func New(allow []netip.Prefix, roots *x509.CertPool) *Client {
	return newClient(allow, roots, nil)
}

func newClient(allow []netip.Prefix, roots *x509.CertPool, names *net.Resolver) *Client {
	transport := func(encrypted bool) *http.Transport {
		d := &net.Dialer{
			Timeout: dialTimeout, Resolver: names,
			ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
				return check(address, allow, encrypted)
			},
		}
		return &http.Transport{
			DialContext:            d.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    dialTimeout,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConns:           maxIdle, MaxIdleConnsPerHost: maxIdleHost, IdleConnTimeout: idleTimeout,
		}
	}
	c := &Client{secure: transport(true), plain: transport(false)}
	c.http = &http.Client{
		Transport: c, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// check is asked for every address just before it is connected to, whatever
// name led there.
func check(address string, allow []netip.Prefix, encrypted bool) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return &AddressError{Problem: "not an address"}
	}
	if contains(allow, at.Addr()) {
		return nil
	}
	if p := problem(at.Addr()); p != "" {
		return &AddressError{Addr: at.Addr(), Problem: p}
	}
	if !encrypted {
		return ErrScheme
	}
	return nil
}

// Do sends a request. An answer with any status is no error, a redirect
// included; its body ends with an error after MaxAnswer bytes. Errors never
// hold the URL, which may carry a secret.
func (c *Client) Do(r *http.Request) (*http.Response, error) { return c.DoUpTo(r, MaxAnswer) }

// DoUpTo is Do with another bound than MaxAnswer.
func (c *Client) DoUpTo(r *http.Request, most int64) (*http.Response, error) {
	res, err := c.http.Do(r)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, err
	}
	res.Body = bounded{http.MaxBytesReader(nil, res.Body, most), res.Body}
	return res, nil
}

type bounded struct {
	io.Reader
	io.Closer
}

// RoundTrip implements http.RoundTripper for the client's own use.
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	switch r.URL.Scheme {
	case "https":
		return c.secure.RoundTrip(r)
	case "http":
		return c.plain.RoundTrip(r)
	}
	return nil, ErrScheme
}

// Close ends the connections that are kept for later requests.
func (c *Client) Close() {
	c.secure.CloseIdleConnections()
	c.plain.CloseIdleConnections()
}
