package oauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/ingress"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/sqlitetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	issuer   = "https://va.example.com"
	clientID = "client-1"
	chanID   = "chn_1"
)

// directory is the client directory as the test wants it.
type directory struct {
	mu      sync.Mutex
	clients map[string]oauth.Client
}

func (d *directory) Client(id string) (oauth.Client, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.clients[id]
	return c, ok
}

func (d *directory) change(id string, f func(*oauth.Client)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.clients[id]
	f(&c)
	d.clients[id] = c
}

// node is one gateway's token endpoint.
type node struct {
	*oauth.Endpoint
	url     string
	secret  string // of clientID
	clients *directory
	keyring *secret.Keyring
	indexed *int // calls of Index
	refused *[]channel.Refusal
}

func newClient(id, channelID string) oauth.Client {
	return oauth.Client{
		ID: id, ChannelID: channelID, Enabled: true,
		Scopes:  []string{channel.ScopeContextWrite, channel.ScopeContextRead},
		Secrets: []secret.Value{secret.Generate(channel.ClientSecretPrefix)},
	}
}

func openStore(t testing.TB) (*store.Store, *secret.Keyring) {
	t.Helper()
	kek, err := secret.CreateKeyFile(filepath.Join(t.TempDir(), "kek"))
	require.NoError(t, err)
	sealed, err := secret.NewIndexKey(kek)
	require.NoError(t, err)
	keyring, err := secret.NewKeyring(kek, sealed)
	require.NoError(t, err)
	return sqlitetest.Open(t), keyring
}

// newNode makes an endpoint that listens on nothing.
func newNode(t testing.TB, s *store.Store, keyring *secret.Keyring) (*node, http.Handler) {
	t.Helper()
	clients := &directory{clients: map[string]oauth.Client{
		clientID: newClient(clientID, chanID), "client-2": newClient("client-2", "chn_2"),
	}}
	var mu sync.Mutex
	n := &node{
		clients: clients, secret: clients.clients[clientID].Secrets[0].Reveal(), keyring: keyring,
		indexed: new(int), refused: new([]channel.Refusal),
	}
	n.Endpoint = &oauth.Endpoint{
		Verifier: &oauth.Verifier{
			Issuer: issuer, Keys: &oauth.Keys{Store: s, Keyring: keyring}, Revocations: &oauth.Revocations{Store: s},
			Clients: clients, Metrics: telemetry.NewMetrics(), Log: slog.New(slog.DiscardHandler),
		},
		Index: func(kind, presented string) []byte {
			mu.Lock()
			defer mu.Unlock()
			*n.indexed++
			return keyring.Index(kind, presented)
		},
		Prefix: ingress.Network,
		Refuse: func(_ context.Context, _ string, r channel.Refusal) {
			mu.Lock()
			defer mu.Unlock()
			*n.refused = append(*n.refused, r)
		},
	}
	require.NoError(t, n.Load(t.Context()))
	mux := http.NewServeMux()
	n.Register(mux)
	return n, mux
}

func start(t testing.TB, s *store.Store, keyring *secret.Keyring) *node {
	t.Helper()
	n, mux := newNode(t, s, keyring)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	n.url = server.URL
	return n
}

func newRig(t testing.TB) *node {
	t.Helper()
	s, keyring := openStore(t)
	return start(t, s, keyring)
}

// answer is what a route said.
type answer struct {
	status int
	header http.Header
	text   string
	Token  string `json:"access_token"`
	Type   string `json:"token_type"`
	Life   int    `json:"expires_in"`
	Scope  string `json:"scope"`
	Error  string `json:"error"`
}

// from makes a client whose requests come from an address of this machine.
func from(t testing.TB, address string) *http.Client {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func do(t testing.TB, c *http.Client, r *http.Request) answer {
	t.Helper()
	res, err := c.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	a := answer{status: res.StatusCode, header: res.Header, text: string(body)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		require.NoError(t, json.Unmarshal(body, &a), "%s", body)
	}
	return a
}

func (n *node) request(t testing.TB, path string, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func grant(extra ...string) url.Values {
	v := url.Values{"grant_type": {"client_credentials"}}
	for i := 0; i < len(extra); i += 2 {
		v.Set(extra[i], extra[i+1])
	}
	return v
}

// token gets a token of clientID.
func (n *node) token(t testing.TB) string {
	t.Helper()
	r := n.request(t, "/oauth2/token", grant())
	r.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(n.secret))
	a := do(t, from(t, "127.0.0.1"), r)
	require.Equal(t, http.StatusOK, a.status, a.text)
	return a.Token
}

// counted gives a counter with one label.
func (n *node) counted(t testing.TB, name, label string) int {
	t.Helper()
	families, err := n.Metrics.Registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == label {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}

// address gives each subtest a loopback address of its own.
func address(t testing.TB) string {
	t.Helper()
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.Name()))
	sum := h.Sum32()
	return fmt.Sprintf("127.%d.%d.%d", 1+sum>>24%250, sum>>16&0xff, 1+sum>>8&0x7f)
}

func requireClass(t testing.TB, want oauth.Class, err error) {
	t.Helper()
	var refused *oauth.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, want, refused.Class)
}

// pass lets time go by, inside of a synctest bubble.
func pass(d time.Duration) { <-time.After(d) }

// issued gets a token of clientID without a socket, for use inside of a
// synctest bubble.
func issued(t testing.TB, h http.Handler, secret string) string {
	t.Helper()
	form := grant("client_id", clientID, "client_secret", secret)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var a answer
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	return a.Token
}

// tokenHeader is what tests read of a token's header.
type tokenHeader struct {
	KID string `json:"kid"`
}

func headerOf(t testing.TB, token string) (h tokenHeader) {
	t.Helper()
	encoded, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &h))
	return h
}
