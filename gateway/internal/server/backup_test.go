package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
)

// A copy made while the gateway answers calls and is being configured is whole,
// and serves.
func TestBackupUnderLoadAndRestore(t *testing.T) {
	t.Parallel()
	r := newRig(t, gatewaytest.WithGeneratedToken())
	line := r.dial()
	r.conversation()
	busy, stop := context.WithCancel(t.Context())
	defer stop()
	var writers sync.WaitGroup
	written := make(chan string, 1<<16)
	for w := range 4 {
		writers.Go(func() {
			for n := 0; busy.Err() == nil; n++ {
				name := fmt.Sprintf("assistant %d of writer %d", n, w)
				if err := r.Client.Post(t.Context(), "/v1/assistants", api.Assistant{Name: name}, nil, api.Write{}); err != nil {
					t.Error(err)
					return
				}
				written <- name
			}
		})
	}
	for range 20 {
		<-written
	}
	var before []string
	for len(written) > 0 {
		before = append(before, <-written)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, server.Backup(t.Context(), check(t, config.Settings{DataDir: r.dir}), copied, true))
	stop()
	writers.Wait()
	r.hangUp(line)
	secretOfA := secretOf(r.a)
	r.Stop()

	for _, name := range []string{"va.db", "kek", "admin-token", "node-id"} {
		info, err := os.Stat(filepath.Join(copied, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	restored := gatewaytest.Start(t, gatewaytest.WithDataDir(copied), gatewaytest.WithGeneratedToken())
	require.Equal(t, r.Token, restored.Token, "who could administer the gateway still can")
	assistants, err := api.List[api.Assistant](t.Context(), restored.Client, "/v1/assistants")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, a := range assistants {
		names[a.Name] = true
	}
	for _, name := range before {
		require.True(t, names[name], "%s was stored before the copy began", name)
	}
	calls, err := api.List[api.Call](t.Context(), restored.Client, "/v1/calls")
	require.NoError(t, err)
	require.Len(t, calls, 1)
	require.NotNil(t, calls[0].EndedAt, "the call that ran during the copy was lost with its gateway")
	var secrets api.Credentials
	require.NoError(t, restored.Client.Get(t.Context(), "/v1/channels/"+r.a.ID+"/credentials", &secrets))
	require.Equal(t, secretOfA, secrets.Values["authentication_token"])
	require.NoError(t, restored.PlaceCall(t, r.a.ID, secrets.Values))
	restored.Stop()

	_, err = server.VerifyAudit(t.Context(), check(t, config.Settings{DataDir: copied}), "")
	require.NoError(t, err)
	key := filepath.Join(copied, "kek")
	require.NoError(t, os.Remove(key))
	_, err = secret.CreateKeyFile(key)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("VA_KEK_FILE=%q: is not the key file of this database; "+
		"restore the right one from its backup", key), startError(t, check(t, config.Settings{DataDir: copied})))
}
