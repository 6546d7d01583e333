package server_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/sqlite"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Runner{M: m}) }

func check(t *testing.T, s config.Settings) config.Config {
	t.Helper()
	if s.HTTPListen == "" {
		s.HTTPListen, s.AdminListen = "127.0.0.1:0", "127.0.0.1:0"
	}
	c, err := s.Check()
	require.NoError(t, err)
	return c
}

// startError starts a gateway that must refuse, and gives its one line.
func startError(t *testing.T, c config.Config) string {
	t.Helper()
	_, err := server.New(t.Context(), c, server.Options{Log: slog.New(slog.DiscardHandler)})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
	return err.Error()
}

const token = "test-admin-token-0123456789-0123456789"

func TestFirstStartMakesKeyAndToken(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir), gatewaytest.WithGeneratedToken())
	for _, name := range []string{"kek", "admin-token"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	var gateway api.Gateway
	require.NoError(t, g.Client.Get(t.Context(), "/v1/gateway", &gateway))
	require.Equal(t, g.PublicURL, gateway.PublicURL)
	require.Contains(t, gateway.Kinds, api.KindTwilio)
	require.NotContains(t, g.Log(), g.Token)
}

// SEC-06: a missing or foreign key file beside sealed rows stops the start.
func TestKeyFileMustFitTheStoreSEC06(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	channelOn(t, g)
	g.Stop()
	key := filepath.Join(dir, "kek")
	original, err := os.ReadFile(key)
	require.NoError(t, err)
	c := check(t, config.Settings{DataDir: dir, AdminToken: token})

	require.NoError(t, os.Remove(key))
	message := startError(t, c)
	require.Contains(t, message, "VA_KEK_FILE="+`"`+key+`": does not exist; restore the key file from its backup`)

	_, err = secret.CreateKeyFile(key)
	require.NoError(t, err)
	require.Contains(t, startError(t, c), "is not the key file of this database; restore the right one")

	require.NoError(t, os.WriteFile(key, original, 0o600))
	require.NoError(t, os.Chmod(key, 0o644)) //nolint:gosec // the point of the case
	require.Contains(t, startError(t, c), "has mode 0644")
	require.NoError(t, os.Chmod(key, 0o600))
	again := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	list, err := api.List[api.TwilioChannel](t.Context(), again.Client, "/v1/channels/twilio")
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, api.StatusActive, list[0].Status)
}

func TestPortInUseIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	c := check(t, config.Settings{
		DataDir: t.TempDir(), AdminToken: token, HTTPListen: taken.Addr().String(), AdminListen: "127.0.0.1:0",
	})
	require.Contains(t, startError(t, c), `VA_HTTP_LISTEN="`+taken.Addr().String())
}

func TestPostgresAwayIsNamedWithoutPassword(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "kek")
	_, err := secret.CreateKeyFile(key)
	require.NoError(t, err)
	c := check(t, config.Settings{
		DataDir: t.TempDir(), AdminToken: token, KEKFile: key,
		DatabaseURL: "postgres://va:hunter2@127.0.0.1:1/va?connect_timeout=2",
	})
	message := startError(t, c)
	require.Contains(t, message, "VA_DATABASE_URL: PostgreSQL cannot be used")
	require.NotContains(t, message, "hunter2")
}

// A call that was running when the process died is closed at the next start.
func TestLostCallsAreClosed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	var gateway api.Gateway
	require.NoError(t, g.Client.Get(t.Context(), "/v1/gateway", &gateway))
	g.Stop()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "va.db"))
	require.NoError(t, err)
	id := api.PrefixCall + ulid.Make().String()
	require.NoError(t, s.InsertCall(t.Context(), store.Call{
		ID: id, ChannelID: "chn_x", NodeID: gateway.NodeID, State: api.CallOffered,
		ProviderCallID: "CA1", StartedAt: time.Now().UTC(),
	}))
	require.NoError(t, s.StartCall(t.Context(), id, gateway.NodeID, time.Now().UTC()))
	require.NoError(t, s.Close())

	again := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	var c api.Call
	require.NoError(t, again.Client.Get(t.Context(), "/v1/calls/"+id, &c))
	require.Equal(t, string(call.ReasonGatewayLost), c.EndReason)
	require.Equal(t, api.CallEnded, c.State)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	g := gatewaytest.Start(t)
	get := func(url string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		res, err := gatewaytest.HTTP.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	status, body := get(g.AdminURL + "/healthz")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, `"tts":`)
	require.Contains(t, body, `"stt":`)
	status, body = get(g.PublicURL + "/healthz")
	require.Equal(t, http.StatusOK, status)
	require.NotContains(t, body, "tts", "the public side tells strangers nothing")
	status, _ = get(g.PublicURL + "/readyz")
	require.Equal(t, http.StatusOK, status)
	status, body = get(g.AdminURL + "/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "va_config_revision")
	status, _ = get(g.PublicURL + "/c//twilio")
	require.Equal(t, http.StatusNotFound, status, "no redirect that a platform would have to follow")
}

// PRD-03: what another gateway of the same database writes is served here.
func TestChangesMadeElsewhereAreServedPRD03(t *testing.T) {
	t.Parallel()
	dsn, dir := pgtest.DSN(t), t.TempDir()
	a := gatewaytest.Start(t, gatewaytest.WithPostgres(dsn), gatewaytest.WithKeyFile(filepath.Join(dir, "kek")))
	b := gatewaytest.Start(t, gatewaytest.WithPostgres(dsn), gatewaytest.WithKeyFile(filepath.Join(dir, "kek")))
	id := channelOn(t, a)
	var c api.TwilioChannel
	require.Eventually(t, func() bool {
		return b.Client.Get(t.Context(), "/v1/channels/"+id+"/twilio", &c) == nil && c.Status == api.StatusActive
	}, 5*time.Second, 50*time.Millisecond)
	require.Equal(t, revisionServed(t, a), revisionServed(t, b), "each says what it serves, whoever wrote it")
}

// revisionServed is the line of the metrics that says which configuration is
// served.
func revisionServed(t *testing.T, g *gatewaytest.Gateway) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.AdminURL+"/metrics", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+gatewaytest.Token)
	res, err := gatewaytest.HTTP.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^va_config_revision .*$`).FindString(string(body))
	require.NotEmpty(t, line)
	return line
}

func channelOn(t *testing.T, g *gatewaytest.Gateway) string {
	t.Helper()
	var a api.Assistant
	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "a"}, &a, api.Write{}))
	var c api.TwilioChannel
	require.NoError(t, g.Client.Post(t.Context(), "/v1/channels/twilio", api.TwilioChannel{
		Channel:             api.Channel{AssistantID: a.ID, ProviderApplication: "p"},
		AuthenticationToken: "0123456789abcdef0123456789abcdef",
	}, &c, api.Write{}))
	return c.ID
}

// Keys can be replaced while everything stays readable.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	channelOn(t, g)
	g.Stop()
	key := filepath.Join(dir, "kek")
	old, err := os.ReadFile(key)
	require.NoError(t, err)
	other := filepath.Join(dir, "kek2")
	_, err = secret.CreateKeyFile(other)
	require.NoError(t, err)
	fresh, err := os.ReadFile(other)
	require.NoError(t, err)
	c := check(t, config.Settings{DataDir: dir, AdminToken: token})

	require.NoError(t, os.WriteFile(key, append(fresh, old...), 0o600))
	n, err := server.RotateKeys(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, 3, n, "the token, the index key and the key that signs access tokens")
	require.NoError(t, os.WriteFile(key, fresh, 0o600))
	n, err = server.VerifyKeys(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, 2, n)

	value, err := server.CreateToken(t.Context(), c, "ci", []string{api.ScopeAssistantsRead}, time.Hour)
	require.NoError(t, err)
	again := gatewaytest.Start(t, gatewaytest.WithDataDir(dir))
	client, err := api.NewClient(api.ClientConfig{Endpoint: again.AdminURL, Token: value.Reveal()})
	require.NoError(t, err)
	defer client.CloseIdle()
	require.NoError(t, client.Get(t.Context(), "/v1/assistants", nil))
	_, err = server.CreateToken(t.Context(), c, "ci", []string{"everything"}, time.Hour)
	require.ErrorContains(t, err, `scope "everything" does not exist`)
}
