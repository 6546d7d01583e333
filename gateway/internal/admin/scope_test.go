package admin_test

import (
	"database/sql"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/admin"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
)

var update = flag.Bool("update", false, "rewrite golden files")

// The committed description is what the code says.
func TestOpenAPIIsCommitted(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("..", "..", "api", "openapi.yaml")
	got, err := admin.OpenAPI(all.Kinds())
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

type description struct {
	Paths map[string]map[string]struct {
		OperationID string `yaml:"operationId"`
		Description string `yaml:"description"`
	} `yaml:"paths"`
}

// Each scope alone on each route: its own scope, and the rw of its read, pass;
// every other one is refused.
func TestScopeMatrix(t *testing.T) {
	t.Parallel()
	text, err := admin.OpenAPI(all.Kinds())
	require.NoError(t, err)
	var d description
	require.NoError(t, yaml.Unmarshal(text, &d))
	g := gatewaytest.Start(t)
	tokens := map[string]string{}
	for _, scope := range api.AllScopes() {
		tokens[scope] = tokenWith(t, g, scope)
	}
	id := ulid.Make().String()
	routes := 0
	for path, operations := range d.Paths {
		for method, operation := range operations {
			routes++
			_, need, ok := strings.Cut(operation.Description, "Needs the scope `")
			require.True(t, ok, operation.OperationID)
			need = strings.TrimSuffix(need, "`.")
			prefix := api.PrefixChannel
			for _, p := range []string{"assistant", "call", "token"} {
				if strings.HasPrefix(path, "/v1/"+p) {
					prefix = map[string]string{
						"assistant": api.PrefixAssistant, "call": api.PrefixCall, "token": api.PrefixToken,
					}[p]
				}
			}
			target := strings.ReplaceAll(path, "{id}", prefix+id)
			for scope, token := range tokens {
				got := send(t, g, request{method: strings.ToUpper(method), path: target, token: token})
				allowed := scope == need || scope == strings.Replace(need, ":read", ":rw", 1) && need != api.ScopeCredentialsRead
				if allowed {
					require.NotEqual(t, http.StatusForbidden, got.status, "%s %s with %s", method, path, scope)
				} else {
					require.Equal(t, http.StatusForbidden, got.status, "%s %s with %s: %s", method, path, scope, got.body)
				}
			}
			require.Equal(t, http.StatusUnauthorized,
				send(t, g, request{method: strings.ToUpper(method), path: target, token: "vaa_nobody"}).status)
		}
	}
	require.Greater(t, routes, 15)
}

func TestTokens(t *testing.T) {
	onBothStores(t, func(t *testing.T, g *gatewaytest.Gateway) {
		token := tokenWith(t, g, api.ScopeAssistantsRead)
		require.Equal(t, http.StatusOK,
			send(t, g, request{method: http.MethodGet, path: "/v1/assistants", token: token}).status)
		list := decode[api.Page[api.Token]](t, send(t, g, request{method: http.MethodGet, path: "/v1/tokens"}))
		require.Len(t, list.Items, 1)
		require.Empty(t, list.Items[0].Secret)
		require.NotNil(t, list.Items[0].LastUsedAt)
		require.NoError(t, g.Client.Delete(t.Context(), "/v1/tokens/"+list.Items[0].ID, api.Write{}))
		require.Equal(t, http.StatusUnauthorized,
			send(t, g, request{method: http.MethodGet, path: "/v1/assistants", token: token}).status)
		for _, tampered := range []string{token + "x", token[:len(token)-1], strings.ToUpper(token), "", " "} {
			require.Equal(t, http.StatusUnauthorized,
				send(t, g, request{method: http.MethodGet, path: "/v1/gateway", token: "x" + tampered}).status)
		}
	})
}

// No route of one listener exists on the other.
func TestListenersAreSeparate(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	for _, tc := range []struct{ base, path string }{
		{g.PublicURL, "/v1/assistants"},
		{g.PublicURL, "/v1/gateway"},
		{g.PublicURL, "/metrics"},
		{g.AdminURL, "/c/twilio/chn_" + ulid.Make().String() + "/voice"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tc.base+tc.path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+g.Token)
		res, err := gatewaytest.HTTP.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusNotFound, res.StatusCode, tc.path)
	}
}

// A request that is carried out needs its whole scope, whatever it claims to
// be: dry_run means nothing to a delete.
func TestDryRunDoesNotLowerTheScopeOfADelete(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	c := newTwilio(t, g, newAssistant(t, g, "kept").ID)
	reader := tokenWith(t, g, api.ScopeAssistantsRead, api.ScopeChannelsRead)
	for _, path := range []string{"/v1/channels/" + c.ID, "/v1/assistants/" + c.AssistantID} {
		got := send(t, g, request{
			method: http.MethodDelete, path: path + "?dry_run=true", token: reader,
			header: map[string]string{"If-Match": "*"},
		})
		require.Equal(t, http.StatusForbidden, got.status, "%s: %s", path, got.body)
		require.Equal(t, http.StatusOK, send(t, g, request{method: http.MethodGet, path: path}).status)
	}
}

// A store that cannot be asked is no verdict on the token: clients try again
// on 503 and give up on 401.
func TestTokenCannotBeCheckedWithoutTheStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	token := tokenWith(t, g, api.ScopeAssistantsRead)
	db, err := sql.Open("sqlite", filepath.Join(dir, "va.db"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "ALTER TABLE admin_token RENAME TO away")
	require.NoError(t, err)
	got := send(t, g, request{method: http.MethodGet, path: "/v1/assistants", token: token})
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	_, err = db.ExecContext(t.Context(), "ALTER TABLE away RENAME TO admin_token")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK,
		send(t, g, request{method: http.MethodGet, path: "/v1/assistants", token: token}).status)
}
