package server_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// oldData holds what gateways of earlier schema versions wrote, see its README.
const oldData = "../store/migrations/testdata"

// The present gateway serves what each earlier one left behind.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	versions, err := filepath.Glob(filepath.Join(oldData, "v*"))
	require.NoError(t, err)
	require.NotEmpty(t, versions)
	for _, from := range versions {
		t.Run(filepath.Base(from)+" on SQLite", func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			private(t, filepath.Join(from, "va.db"), filepath.Join(dir, "va.db"))
			upgrade(t, from, config.Settings{DataDir: dir}, gatewaytest.WithDataDir(dir))
		})
		t.Run(filepath.Base(from)+" on PostgreSQL", func(t *testing.T) {
			t.Parallel()
			dir, dsn := t.TempDir(), pgtest.DSN(t)
			dump, err := os.ReadFile(filepath.Join(from, "postgres.sql"))
			require.NoError(t, err)
			pgtest.Load(t, dsn, string(dump))
			upgrade(t, from, config.Settings{DataDir: dir, DatabaseURL: dsn},
				gatewaytest.WithDataDir(dir), gatewaytest.WithPostgres(dsn))
		})
	}
}

func upgrade(t *testing.T, from string, s config.Settings, options ...gatewaytest.Option) {
	t.Helper()
	s.KEKFile, s.AdminToken = filepath.Join(s.DataDir, "kek"), gatewaytest.Token
	private(t, filepath.Join(from, "kek"), s.KEKFile)
	g := gatewaytest.Start(t, options...)

	assistants, err := api.List[api.Assistant](t.Context(), g.Client, "/v1/assistants")
	require.NoError(t, err)
	require.Len(t, assistants, 2)
	front, night := assistants[0], assistants[1]
	require.Equal(t, "front desk", front.Name)
	require.Equal(t, "Answers the main line.", front.Description)
	require.Equal(t, []string{"eu", "shop"}, slices.Sorted(slices.Values(front.Tags)))
	require.Equal(t, "en-GB", front.Language)
	require.Equal(t, "Welcome.", front.Greeting)
	require.Equal(t, map[string]string{"city": "Utrecht"}, front.Variables)
	require.Equal(t, "+14155550177", front.Transfers["billing"].Destination)
	require.Equal(t, api.Duration(700*time.Millisecond), front.Turn.Silence)
	require.Equal(t, api.Duration(10*time.Minute), front.MaxCallDuration)
	require.Equal(t, "night", night.Name)
	require.Equal(t, api.CallerFirst, night.GreetingMode)

	channels, err := api.List[api.TwilioChannel](t.Context(), g.Client, "/v1/channels")
	require.NoError(t, err)
	require.Len(t, channels, 2)
	line := channels[0]
	require.Equal(t, "main line", line.Name)
	require.Equal(t, front.ID, line.AssistantID)
	require.True(t, line.DeletionProtection)
	require.EqualValues(t, 2, line.CredentialsVersion)
	require.NotNil(t, line.PreviousCredentialsExpireAt)
	require.Equal(t, night.ID, channels[1].AssistantID)
	require.False(t, *channels[1].Enabled)

	var secrets api.Credentials
	require.NoError(t, g.Client.Get(t.Context(), "/v1/channels/"+line.ID+"/credentials", &secrets))
	want := map[string]string{"authentication_token": "second-token-of-the-upgrade-fixture-2"}
	require.Empty(t, cmp.Diff(want, secrets.Values))
	require.NoError(t, g.PlaceCall(t, line.ID, secrets.Values))

	calls, err := api.List[api.Call](t.Context(), g.Client, "/v1/calls")
	require.NoError(t, err)
	require.Len(t, calls, 2, "the record of the older version, and that of the call just made")
	old := slices.IndexFunc(calls, func(c api.Call) bool { return c.EndReason == "assistant_ended" })
	require.NotEqual(t, -1, old)
	require.Len(t, calls[old].Turns, 3)

	require.NoError(t, g.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: "new"}, nil, api.Write{}))
	c := check(t, s)
	opened, err := server.VerifyKeys(t.Context(), c)
	require.NoError(t, err)
	require.GreaterOrEqual(t, opened, 3, "two generations of one channel's token, and another one's")
	head, err := server.VerifyAudit(t.Context(), c, "")
	require.NoError(t, err)
	require.GreaterOrEqual(t, head.Seq, int64(9), "the chain goes on over the upgrade")
}

// private copies a file for its owner only.
func private(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o600))
}
