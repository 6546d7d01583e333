package server_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store/storetest/pgtest"
)

// newConnectorPair starts two gateways on one database.
func newConnectorPair(t *testing.T) (a, b *connectorRig) {
	t.Helper()
	options := []gatewaytest.Option{
		gatewaytest.WithPostgres(pgtest.DSN(t)), gatewaytest.WithKeyFile(filepath.Join(t.TempDir(), "kek")),
		gatewaytest.WithPublicURL("https://va.example.com"),
	}
	return newConnectorRig(t, options...), newConnectorRig(t, options...)
}

// A group is the same on every gateway of a database, whichever made, rotated or
// ended it.
func TestCredentialGroupsOfTwoGateways(t *testing.T) {
	t.Parallel()
	a, b := newConnectorPair(t)
	soon := func(r *connectorRig, c audioConnector, pair map[string]string, want bool) {
		t.Helper()
		require.Eventually(t, func() bool { return r.serves(c, pair) == want }, patience, 20*time.Millisecond)
	}
	first := a.newChannel(firstGroup, api.Write{})
	b.assistant = a.assistant
	second := b.newChannel(firstGroup, api.Write{})
	require.Equal(t, first.Credentials, second.Credentials)
	require.Equal(t, first.BaseConnectionURI, second.BaseConnectionURI)
	require.True(t, b.serves(second, first.Credentials), "at once where it was made")
	soon(a, second, first.Credentials, true)
	soon(b, first, first.Credentials, true)

	rotated := b.put(second.ID, func(c *audioConnector) { c.RotateIfVersion = 1 })
	for _, r := range []*connectorRig{a, b} {
		soon(r, first, rotated.Credentials, true)
		require.True(t, r.serves(first, first.Credentials), "GA-03: while rotation_overlap lasts")
	}
	asked := a.put(first.ID, func(c *audioConnector) { c.RotateIfVersion = 1 })
	require.Equal(t, rotated.Credentials, asked.Credentials, "one rotation, whoever of the group asks where")
	require.EqualValues(t, 2, asked.CredentialsVersion)

	third := a.put(first.ID, func(c *audioConnector) {
		c.RotateIfVersion, c.RotationOverlap = 2, new(api.Duration(0))
	})
	soon(b, second, third.Credentials, true)
	soon(b, second, rotated.Credentials, false)

	a.remove(first.ID)
	b.remove(second.ID)
	for _, r := range []*connectorRig{a, b} {
		soon(r, second, third.Credentials, false)
	}
	_, found := a.inside.Presented(connector, apiKey, third.Credentials[apiKey])
	require.False(t, found)
}

// GA-02: a value is used once, whichever gateway sees it, and a restart forgets
// nothing.
func TestOnceOfTwoGatewaysGA02(t *testing.T) {
	t.Parallel()
	a, b := newConnectorPair(t)
	once := func(r *connectorRig, scope, value string, ttl time.Duration) bool {
		t.Helper()
		first, err := r.inside.Once(t.Context(), scope, value, ttl)
		require.NoError(t, err)
		return first
	}
	for _, value := range []string{"n1", "n2", "n3", "n4", "n5", ""} {
		wins := make([]bool, 8)
		eachAtOnce(wins, func(n int, _ bool) {
			r := []*connectorRig{a, b}[n%2]
			first, err := r.inside.Once(t.Context(), "nonce", value, time.Minute)
			wins[n] = first && err == nil
		})
		won := 0
		for _, w := range wins {
			if w {
				won++
			}
		}
		require.Equal(t, 1, won, "of 8 on two gateways")
	}
	require.True(t, once(a, "jti", "n1", time.Minute), "another scope")
	require.False(t, once(b, "jti", "n1", time.Minute))
	require.True(t, once(a, "nonce", "short", time.Microsecond))
	require.Eventually(t, func() bool { return once(b, "nonce", "short", time.Minute) }, patience, 20*time.Millisecond,
		"it may come again when it has expired")
}

func TestOnceOverARestartGA02(t *testing.T) {
	t.Parallel()
	dir := gatewaytest.WithDataDir(t.TempDir())
	before := newConnectorRig(t, dir)
	first, err := before.inside.Once(t.Context(), "nonce", "n", time.Minute)
	require.NoError(t, err)
	require.True(t, first)
	before.Stop()
	after := newConnectorRig(t, dir)
	first, err = after.inside.Once(t.Context(), "nonce", "n", time.Minute)
	require.NoError(t, err)
	require.False(t, first)
}
