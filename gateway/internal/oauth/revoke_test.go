package oauth_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
)

// revoke asks an endpoint, as one of its clients, to revoke a token.
func (n *node) revoke(t testing.TB, id, token string) answer {
	t.Helper()
	c, _ := n.clients.Client(id)
	form := grant("token", token, "token_type_hint", "access_token")
	r := n.request(t, "/oauth2/revoke", form)
	r.SetBasicAuth(id, c.Secrets[0].Reveal())
	return do(t, from(t, "127.0.0.1"), r)
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	s, keyring := openStore(t)
	a, b := start(t, s, keyring), start(t, s, keyring)
	token, other := a.token(t), a.token(t)
	works := func(n *node, token string) error {
		_, err := n.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		return err
	}
	foreign := a.revoke(t, "client-2", token)
	require.Equal(t, 400, foreign.status)
	require.Equal(t, "unauthorized_client", foreign.Error)
	require.NoError(t, works(a, token))

	for range 2 { // a repeated request is answered alike
		done := a.revoke(t, clientID, token)
		require.Equal(t, 200, done.status)
		require.Empty(t, done.text)
		require.Equal(t, "no-store", done.header.Get("Cache-Control"))
	}
	requireClass(t, oauth.ClassRevoked, works(a, token))
	require.NoError(t, works(a, other))
	require.NoError(t, b.Load(t.Context()))
	requireClass(t, oauth.ClassRevoked, works(b, token))
	require.NoError(t, works(b, other))
	requireClass(t, oauth.ClassRevoked, works(start(t, s, keyring), token)) // after a restart

	require.Equal(t, 200, a.revoke(t, clientID, "no token").status, "not valid in any case")
	missing := a.revoke(t, clientID, "")
	require.Equal(t, 400, missing.status)
	require.Equal(t, "invalid_request", missing.Error)
	r := a.request(t, "/oauth2/revoke", grant("token", other, "client_id", clientID, "client_secret", "wrong"))
	require.Equal(t, 401, do(t, from(t, "127.0.0.1"), r).status)
	require.NoError(t, works(a, other))
}

// The database is away: tokens are issued and verified from memory; revoking
// says that it did not happen.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	n := newRig(t)
	token := n.token(t)
	require.NoError(t, n.Keys.Store.Close())
	require.Error(t, n.Load(t.Context()))

	for _, token := range []string{token, n.token(t)} {
		_, err := n.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		require.NoError(t, err)
		a := n.revoke(t, clientID, token)
		require.Equal(t, http.StatusServiceUnavailable, a.status)
		require.Equal(t, "1", a.header.Get("Retry-After"))
		_, err = n.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		require.NoError(t, err)
	}
}

// Run brings what another node did within two seconds, and the deny list does
// not grow for ever.
func TestRunFollowsOtherNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, keyring := openStore(t)
		a, h := newNode(t, s, keyring)
		b, _ := newNode(t, s, keyring)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { b.Run(ctx) })
		token := issued(t, h, a.secret)
		c, err := a.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		require.NoError(t, err)
		require.NoError(t, a.Revocations.Revoke(t.Context(), c))
		_, err = b.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		require.NoError(t, err, "not known yet")
		pass(2100 * time.Millisecond)
		_, err = b.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		requireClass(t, oauth.ClassRevoked, err)
		require.Equal(t, 1, b.Revocations.Len())
		cancel()
		wg.Wait()

		pass(11 * time.Minute)
		require.NoError(t, b.Load(t.Context()))
		require.Zero(t, b.Revocations.Len())
		_, err = b.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		requireClass(t, oauth.ClassExpired, err)
		require.NoError(t, s.Close())
	})
}
