package oauth_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/oauth"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func (n *node) kids() []string {
	var kids []string
	for _, k := range n.Keys.Published(time.Now()).Keys {
		kids = append(kids, k.KeyID)
	}
	return kids
}

// A key signs for 90 days. The next one is published a day before its first
// use, the one before until an hour after its last token.
func TestLifeOfAKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		s, keyring := openStore(t)
		n, h := newNode(t, s, keyring)
		kids := func() []string {
			t.Helper()
			require.NoError(t, n.Load(t.Context())) // as every poll does
			return n.kids()
		}
		issue := func() (kid, token string) {
			t.Helper()
			token = issued(t, h, n.secret)
			return headerOf(t, token).KID, token
		}
		first := kids()
		require.Len(t, first, 1)

		pass(89*day - time.Minute)
		require.Equal(t, first, kids())
		pass(time.Minute)
		both := kids()
		require.Len(t, both, 2, "published a day ahead")
		require.Equal(t, first[0], both[0])
		kid, _ := issue()
		require.Equal(t, first[0], kid, "and not used yet")

		pass(day - 10*time.Second)
		kid, lastOfFirst := issue()
		require.Equal(t, first[0], kid)
		pass(20 * time.Second)
		kid, firstOfSecond := issue()
		require.Equal(t, both[1], kid)
		for _, token := range []string{lastOfFirst, firstOfSecond} {
			_, err := n.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
			require.NoError(t, err)
		}
		pass(time.Hour + 9*time.Minute)
		require.Equal(t, both, kids(), "kept for an hour after the last token")
		pass(2 * time.Minute)
		require.Equal(t, both[1:], kids())
		require.NoError(t, s.Purge(t.Context(), time.Now()))
		require.Equal(t, both[1:], kids())
		_, err := n.Verify(t.Context(), lastOfFirst, chanID, channel.ScopeContextRead)
		requireClass(t, oauth.ClassKey, err)

		require.NoError(t, s.Close())
	})
}

func TestRotateByTheOperator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, keyring := openStore(t)
		n, h := newNode(t, s, keyring)
		token := issued(t, h, n.secret)
		operator := &oauth.Keys{Store: s, Keyring: keyring}

		r, err := operator.Rotate(t.Context(), "host", false)
		require.NoError(t, err)
		require.False(t, r.Pending)
		require.WithinDuration(t, time.Now().Add(24*time.Hour), r.FirstUse, time.Second)
		again, err := operator.Rotate(t.Context(), "host", false)
		require.NoError(t, err)
		require.Equal(t, oauth.Rotation{KeyID: r.KeyID, FirstUse: r.FirstUse, Pending: true}, again)
		require.NoError(t, n.Load(t.Context()))
		require.Len(t, n.kids(), 2)

		leaked, err := operator.Rotate(t.Context(), "host", true)
		require.NoError(t, err)
		require.NotEqual(t, r.KeyID, leaked.KeyID)
		require.NoError(t, n.Load(t.Context()))
		pass(5 * time.Second)
		require.Equal(t, []string{leaked.KeyID}, n.kids(), "nothing that leaked is trusted any more")
		_, err = n.Verify(t.Context(), token, chanID, channel.ScopeContextRead)
		requireClass(t, oauth.ClassKey, err)
		fresh := issued(t, h, n.secret)
		require.Equal(t, leaked.KeyID, headerOf(t, fresh).KID)
		_, err = n.Verify(t.Context(), fresh, chanID, channel.ScopeContextRead)
		require.NoError(t, err)

		entries, err := s.AuditEntries(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Len(t, entries, 2, "the repeated request changed nothing")
		require.Equal(t, "keys.rotate", entries[0].Action)
		require.Equal(t, "keys/signing", entries[0].Object)
		require.Equal(t, "host", entries[0].Actor)
		require.NoError(t, s.Close())
	})
}

// Nodes that start at once on an empty store use one key, sealed in the store.
func TestNodesShareKeys(t *testing.T) {
	t.Parallel()
	s, keyring := openStore(t)
	nodes := make([]*oauth.Keys, 6)
	var wg sync.WaitGroup
	errs := make([]error, len(nodes))
	for i := range nodes {
		nodes[i] = &oauth.Keys{Store: s, Keyring: keyring}
		wg.Go(func() { errs[i] = nodes[i].Refresh(t.Context()) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	set := nodes[0].Published(time.Now())
	require.Len(t, set.Keys, 1)
	for _, other := range nodes {
		require.Equal(t, set, other.Published(time.Now()))
	}
	a, b := start(t, s, keyring), start(t, s, keyring)
	_, err := b.Verify(t.Context(), a.token(t), chanID, channel.ScopeContextRead)
	require.NoError(t, err)

	rows, err := s.SigningKeys(t.Context())
	require.NoError(t, err)
	_, err = keyring.Open(rows[0].Sealed, oauth.SigningKeyAAD(rows[0].KID))
	require.NoError(t, err)
	_, err = keyring.Open(rows[0].Sealed, oauth.SigningKeyAAD("other"))
	require.ErrorIs(t, err, secret.ErrSealed)
	require.NotContains(t, string(rows[0].PublicJWK), `"d"`)
}

func TestForeignKeyFileStopsTheStart(t *testing.T) {
	t.Parallel()
	s, keyring := openStore(t)
	require.NoError(t, (&oauth.Keys{Store: s, Keyring: keyring}).Refresh(t.Context()))
	_, foreign := openStore(t)
	err := (&oauth.Keys{Store: s, Keyring: foreign}).Refresh(t.Context())
	require.ErrorIs(t, err, secret.ErrUnknownKey)
}

// oracle asks the library jose about tokens; it fetches the served key set.
func (n *node) oracle(t *testing.T, tokens ...string) []string {
	t.Helper()
	script := filepath.Join("testdata", "oracle", "check.mjs")
	args := append([]string{script, n.url + "/oauth2/jwks.json", issuer, chanID}, tokens...)
	out, err := exec.CommandContext(t.Context(), "node", args...).Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// SEC-04: somebody else's library verifies tokens against the served key set
// before, during and after a rotation. It runs when node and the library are
// installed (npm ci in testdata/oracle); in CI they must be.
func TestOracleSEC04(t *testing.T) {
	t.Parallel()
	missing := ""
	if _, err := exec.LookPath("node"); err != nil {
		missing = "node is not installed"
	}
	if _, err := os.Stat(filepath.Join("testdata", "oracle", "node_modules", "jose")); err != nil {
		missing = "testdata/oracle has no node_modules: run npm ci there"
	}
	if missing != "" {
		require.NotEqual(t, "true", os.Getenv("CI"), missing)
		t.Skip(missing)
	}
	const good = `{"scope":"context:write context:read"}`
	const unknown = `{"error":"ERR_JWKS_NO_MATCHING_KEY"}`
	n := newRig(t)
	before := n.token(t)
	require.Equal(t, []string{good}, n.oracle(t, before))

	_, err := n.Keys.Rotate(t.Context(), "host", false)
	require.NoError(t, err)
	during := n.token(t)
	require.Equal(t, headerOf(t, before).KID, headerOf(t, during).KID)
	require.Equal(t, []string{good, good}, n.oracle(t, before, during))

	// The day goes by; the key before stays published for its last tokens.
	now := time.Now()
	require.NoError(t, n.Keys.Publish(t.Context(), now, now.Add(time.Hour)))
	after := n.token(t)
	require.NotEqual(t, headerOf(t, before).KID, headerOf(t, after).KID)
	require.Equal(t, []string{good, good, good}, n.oracle(t, before, during, after))

	// And that time goes by.
	now = time.Now()
	require.NoError(t, n.Keys.Publish(t.Context(), now, now))
	latest := n.token(t)
	require.Equal(t, []string{unknown, good}, n.oracle(t, before, latest))

	// The oracle is no yes-man.
	f := newForger(t, n)
	bad := f.signed(f.header.with("typ", "JWT").json(t), f.claims.json(t))
	require.Equal(t, []string{`{"error":"ERR_JWT_CLAIM_VALIDATION_FAILED"}`}, n.oracle(t, bad))
}
