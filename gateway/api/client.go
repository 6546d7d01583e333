package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Names of the headers and query parameters of the admin API.
const (
	HeaderIdempotencyKey = "Idempotency-Key"
	HeaderRequestID      = "X-Request-Id"
	QueryDryRun          = "dry_run"
)

const maxAnswer = 8 << 20 // bytes of one answer; a page of 500 objects is far below

// ClientConfig configures a Client. Endpoint and Token are required.
type ClientConfig struct {
	Endpoint          string        // base URL of the admin listener, http or https
	Token             string        // admin token
	CACertificate     string        // PEM; empty means the system's pool
	ClientCertificate string        // PEM, with ClientKey
	ClientKey         string        // PEM
	RequestTimeout    time.Duration // of one attempt; 0 means 30 s
	MaxRetries        int           // repeats after the first attempt; negative means none
	UserAgent         string
}

// Client calls the admin API. It is safe for concurrent use. It retries what
// may be repeated (see client_retry.go) and never follows a redirect, so the token
// reaches the endpoint and nothing else.
type Client struct {
	base       string
	token      string
	userAgent  string
	timeout    time.Duration
	maxRetries int
	http       *http.Client
}

// NewClient checks the configuration; it makes no request.
func NewClient(c ClientConfig) (*Client, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, FieldError{"endpoint", fmt.Sprintf("%q is not an http or https URL", redactURL(c.Endpoint))}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, FieldError{"endpoint", fmt.Sprintf(
			"%q has a user, query or fragment; give scheme, host, port and path only", redactURL(c.Endpoint))}
	}
	if c.Token == "" {
		return nil, FieldError{"token", "an admin token is required"}
	}
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, FieldError{"token", "only printable ASCII characters without spaces are allowed"}
	}
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CACertificate != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(c.CACertificate)) {
			return nil, FieldError{"ca_certificate_pem", "no PEM certificate found"}
		}
		tlsConfig.RootCAs = pool
	}
	if (c.ClientCertificate == "") != (c.ClientKey == "") {
		return nil, FieldError{"client_certificate_pem", "client_certificate_pem and client_private_key_pem belong together"}
	}
	if c.ClientCertificate != "" {
		pair, err := tls.X509KeyPair([]byte(c.ClientCertificate), []byte(c.ClientKey))
		if err != nil {
			return nil, FieldError{"client_certificate_pem", "certificate and private key do not form a pair"}
		}
		tlsConfig.Certificates = []tls.Certificate{pair}
	}
	timeout := c.RequestTimeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	return &Client{
		base:       strings.TrimRight(u.String(), "/"),
		token:      c.Token,
		userAgent:  c.UserAgent,
		timeout:    timeout,
		maxRetries: max(c.MaxRetries, 0),
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment,
				DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
				TLSClientConfig:       tlsConfig,
				TLSHandshakeTimeout:   10 * time.Second,
				ForceAttemptHTTP2:     true,
				MaxIdleConns:          128,
				MaxIdleConnsPerHost:   128, // Terraform works on many objects at once
				IdleConnTimeout:       90 * time.Second,
				ResponseHeaderTimeout: timeout,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Endpoint is the base URL, for messages.
func (c *Client) Endpoint() string { return c.base }

// CloseIdle closes idle connections.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// Write holds the options of a writing request.
type Write struct {
	Key     string // Idempotency-Key: a ULID for POST (it becomes the new id), 32 hex digits for PUT
	IfMatch string // ETag; empty means "*"
	DryRun  bool   // check only, change nothing
}

// Get reads path into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, nil, out, Write{})
}

// Post creates an object at path.
func (c *Client) Post(ctx context.Context, path string, in, out any, w Write) error {
	return c.do(ctx, http.MethodPost, path, in, out, w)
}

// Put replaces the object at path.
func (c *Client) Put(ctx context.Context, path string, in, out any, w Write) error {
	if w.IfMatch == "" {
		w.IfMatch = "*"
	}
	return c.do(ctx, http.MethodPut, path, in, out, w)
}

// Delete removes the object at path.
func (c *Client) Delete(ctx context.Context, path string, w Write) error {
	return c.do(ctx, http.MethodDelete, path, nil, nil, w)
}

// List reads every page of a list. It stops with an error when the server
// answers more pages than a store can hold, or repeats a cursor.
func List[T any](ctx context.Context, c *Client, path string) ([]T, error) {
	const maxPages = 1000
	var all []T
	next := ""
	seen := map[string]bool{} // cursors have no order that the client knows
	for range maxPages {
		var page Page[T]
		query := url.Values{"limit": {strconv.Itoa(MaxPageSize)}}
		if next != "" {
			query.Set("after", next)
		}
		if err := c.Get(ctx, path+"?"+query.Encode(), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		if seen[page.Next] {
			return nil, fmt.Errorf("list %s: the gateway repeated the cursor", path)
		}
		seen[page.Next] = true
		next = page.Next
	}
	return nil, fmt.Errorf("list %s: more than %d pages", path, maxPages)
}

// ETag is the entity tag of a configuration revision.
func ETag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

func (c *Client) do(ctx context.Context, method, path string, in, out any, w Write) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode %s %s: %w", method, path, err)
		}
	}
	if w.DryRun {
		path += "?" + QueryDryRun + "=true"
	}
	repeatable := method != http.MethodPost || w.Key != "" || w.DryRun
	return c.retry(ctx, method, path, repeatable, func(ctx context.Context) error {
		return c.attempt(ctx, method, path, body, out, w)
	})
}

func (c *Client) attempt(ctx context.Context, method, path string, body []byte, out any, w Write) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	// With a body to get again, net/http repeats a request that has a key by
	// itself, and nobody would know of the attempt that was lost.
	req.GetBody = nil
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json, application/problem+json")
	if c.userAgent != "" {
		req.Header.Set("User-Agent", c.userAgent)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if w.Key != "" {
		req.Header.Set(HeaderIdempotencyKey, w.Key)
	}
	if w.IfMatch != "" {
		req.Header.Set("If-Match", w.IfMatch)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return &TransportError{Method: method, Endpoint: c.base, Path: path, Err: unwrapURL(err)}
	}
	defer func() {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is used again
		_ = res.Body.Close()
	}()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return problemOf(res)
	}
	if out == nil || res.StatusCode == http.StatusNoContent {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return &TransportError{Method: method, Endpoint: c.base, Path: path, Err: unwrapURL(err)}
	}
	if len(data) > maxAnswer {
		return fmt.Errorf("%s %s: the answer is larger than %d bytes", method, path, maxAnswer)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not what this version expects: %w", method, path, err)
	}
	return nil
}

// TransportError means that no answer came: whether the request took effect is
// unknown.
type TransportError struct {
	Method, Endpoint, Path string
	Err                    error
}

// Error implements error.
func (e *TransportError) Error() string {
	return fmt.Sprintf("%s %s at %s: %v", e.Method, e.Path, e.Endpoint, e.Err)
}

// Unwrap implements errors.Unwrap.
func (e *TransportError) Unwrap() error { return e.Err }

func problemOf(res *http.Response) error {
	p := &Problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode)}
	data, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
		var decoded Problem
		if json.Unmarshal(data, &decoded) == nil && decoded.Title != "" {
			decoded.Status = res.StatusCode
			p = &decoded
			p.Title, p.Detail = clip(p.Title), clip(p.Detail)
			p.Errors = p.Errors[:min(len(p.Errors), 50)]
			for i := range p.Errors {
				p.Errors[i].Message = clip(p.Errors[i].Message)
				p.Errors[i].Location = clip(p.Errors[i].Location)
			}
		}
	}
	if after := retryAfter(res); after > 0 {
		return &delayed{Problem: p, after: after}
	}
	return p
}

// clip keeps what a foreign or broken server may put into a diagnostic small
// and printable.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) { // what reorders or hides text is no better than a control character
			return ' '
		}
		return r
	}, s)
	if len(s) > 512 {
		return strings.ToValidUTF8(s[:512], "") + "…"
	}
	return s
}

// unwrapURL drops the URL that net/http puts in front of its errors; the
// caller names method and path itself.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func redactURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(unreadable)"
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}
