package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

const adminToken = "admin-token-0123456789-0123456789"

// served gives a client of a server that answers with h.
func served(t *testing.T, retries int, h http.HandlerFunc) *api.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return client(t, api.ClientConfig{Endpoint: server.URL, MaxRetries: retries})
}

func client(t *testing.T, config api.ClientConfig) *api.Client {
	t.Helper()
	config.Token = adminToken
	c, err := api.NewClient(config)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdle)
	return c
}

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	const good = "https://gateway.example.com/"
	tests := []struct {
		name   string
		config api.ClientConfig
		field  string
	}{
		{"no endpoint", api.ClientConfig{Token: adminToken}, "endpoint"},
		{"no scheme", api.ClientConfig{Endpoint: "gateway.example.com", Token: adminToken}, "endpoint"},
		{"another scheme", api.ClientConfig{Endpoint: "ftp://gateway.example.com", Token: adminToken}, "endpoint"},
		{"no host", api.ClientConfig{Endpoint: "https://", Token: adminToken}, "endpoint"},
		{"user", api.ClientConfig{Endpoint: "https://u:hidden@gateway.example.com", Token: adminToken}, "endpoint"},
		{"query", api.ClientConfig{Endpoint: "https://gateway.example.com?hidden", Token: adminToken}, "endpoint"},
		{"fragment", api.ClientConfig{Endpoint: "https://gateway.example.com#x", Token: adminToken}, "endpoint"},
		{"unreadable", api.ClientConfig{Endpoint: "https://hidden:%zz", Token: adminToken}, "endpoint"},
		{"no token", api.ClientConfig{Endpoint: good}, "token"},
		{"token with space", api.ClientConfig{Endpoint: good, Token: "hidden hidden"}, "token"},
		{"token with line break", api.ClientConfig{Endpoint: good, Token: "hidden\r\nX-Other: 1"}, "token"},
		{"token beyond ASCII", api.ClientConfig{Endpoint: good, Token: "hiddenü"}, "token"},
		{
			"no certificate",
			api.ClientConfig{Endpoint: good, Token: adminToken, CACertificate: "hidden"},
			"ca_certificate_pem",
		},
		{
			"certificate without key",
			api.ClientConfig{Endpoint: good, Token: adminToken, ClientCertificate: "hidden"},
			"client_certificate_pem",
		},
		{
			"no pair",
			api.ClientConfig{Endpoint: good, Token: adminToken, ClientCertificate: "hidden", ClientKey: "hidden"},
			"client_certificate_pem",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := api.NewClient(tt.config)
			var field api.FieldError
			require.ErrorAs(t, err, &field)
			require.Equal(t, tt.field, field.Field)
			require.NotContains(t, err.Error(), "hidden", "no configured secret in an error")
		})
	}
}

func TestRequestForm(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c := served(t, 0, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.WriteHeader(http.StatusNoContent)
	})
	t.Run("put", func(t *testing.T) {
		require.NoError(t, c.Put(t.Context(), "/v1/x", struct{}{}, nil, api.Write{Key: "k", IfMatch: api.ETag(7)}))
		require.Equal(t, "Bearer "+adminToken, got.Header.Get("Authorization"))
		require.Equal(t, `"7"`, got.Header.Get("If-Match"))
		require.Equal(t, "k", got.Header.Get(api.HeaderIdempotencyKey))
		require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	})
	t.Run("put without a tag", func(t *testing.T) {
		require.NoError(t, c.Put(t.Context(), "/v1/x", struct{}{}, nil, api.Write{}))
		require.Equal(t, "*", got.Header.Get("If-Match"))
	})
	t.Run("dry run", func(t *testing.T) {
		require.NoError(t, c.Post(t.Context(), "/v1/x", struct{}{}, nil, api.Write{DryRun: true}))
		require.Equal(t, "dry_run=true", got.URL.RawQuery)
	})
}

// The token reaches the endpoint and nothing else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		var attempts atomic.Int64
		c := served(t, 3, func(w http.ResponseWriter, _ *http.Request) {
			attempts.Add(1)
			w.Header().Set("Location", other.URL)
			w.WriteHeader(status)
		})
		err := c.Get(t.Context(), "/v1/gateway", &api.Gateway{})
		require.Equal(t, status, api.Status(err))
		require.EqualValues(t, 1, attempts.Load())
	}
	require.Zero(t, asked.Load())
}

func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	const bound = 8 << 20
	tests := []struct {
		name string
		size int
		ok   bool
	}{
		{"at the bound", bound, true},
		{"above the bound", bound + 1, false},
		{"far above the bound", 3 * bound, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := served(t, 3, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`"` + strings.Repeat("a", tt.size-2) + `"`)) // the client may have hung up
			})
			var text string
			err := c.Get(t.Context(), "/v1/x", &text)
			if tt.ok {
				require.NoError(t, err)
				require.Len(t, text, tt.size-2)
				return
			}
			require.ErrorContains(t, err, "larger than 8388608 bytes")
			require.Empty(t, text)
		})
	}
}

func TestAnswerThatIsNotJSON(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	c := served(t, 3, func(w http.ResponseWriter, _ *http.Request) {
		attempts.Add(1)
		_, _ = w.Write([]byte("<html>"))
	})
	require.ErrorContains(t, c.Get(t.Context(), "/v1/x", &api.Gateway{}), "not what this version expects")
	require.EqualValues(t, 1, attempts.Load())
}

func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	c := client(t, api.ClientConfig{Endpoint: server.URL, RequestTimeout: 50 * time.Millisecond})
	var lost *api.TransportError
	require.ErrorAs(t, c.Get(t.Context(), "/v1/x", nil), &lost)
	require.Equal(t, "/v1/x", lost.Path)
}
