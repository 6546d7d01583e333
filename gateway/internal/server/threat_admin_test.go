package server_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/server"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// actions counts the audit entries of an action.
func (r *rig) actions(action string) int {
	r.t.Helper()
	var page api.Page[api.AuditEntry]
	require.NoError(r.t, r.Client.Get(r.t.Context(), "/v1/audit?limit=500", &page))
	n := 0
	for _, e := range page.Items {
		if e.Action == action {
			n++
		}
	}
	return n
}

// A stolen token cannot empty the store in one go; each read is counted and
// audited.
func testMassReadOut(t *testing.T) {
	r := newRig(t)
	before := r.actions("credentials.read")
	reads, begun := 0, time.Now()
	for range 1000 {
		status, body := r.admin(http.MethodGet, "/v1/channels/"+r.a.ID+"/credentials", r.Token, "")
		switch status {
		case http.StatusOK:
			reads++
		default:
			require.Equal(t, http.StatusTooManyRequests, status)
			require.NotContains(t, body, secretOf(r.a))
		}
	}
	require.LessOrEqual(t, reads, 61+int(time.Since(begun).Seconds()))
	require.Equal(t, before+reads, r.actions("credentials.read"))
	_, metrics := r.admin(http.MethodGet, "/metrics", r.Token, "")
	require.Regexp(t, `va_credentials_read_total [1-9]`, metrics)
	r.works()
}

// Without an audit entry nothing is read, changed, rotated or minted.
func testAuditUnwritable(t *testing.T) {
	r := newRig(t)
	db := r.database()
	r.exec(db, `CREATE TRIGGER sabotage BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'sabotage'); END`)
	channelBody := `{"assistant_id":"` + r.a.AssistantID + `","provider_application":"p","authentication_token":"` +
		strings.Repeat("n", 32) + `"}`
	for _, tt := range []struct{ method, path, body string }{
		{http.MethodGet, "/v1/channels/" + r.a.ID + "/credentials", ""},
		{http.MethodPut, "/v1/channels/" + r.a.ID + "/twilio", channelBody},
		{http.MethodPost, "/v1/channels/twilio", channelBody},
		{http.MethodDelete, "/v1/channels/" + r.a.ID, ""},
		{http.MethodPost, "/v1/tokens", `{"name":"x","scopes":["admin"]}`},
	} {
		status, body := r.admin(tt.method, tt.path, r.Token, tt.body, "If-Match", "*")
		require.Equal(t, http.StatusServiceUnavailable, status, "%s %s: %s", tt.method, tt.path, body)
		require.NotContains(t, body, secretOf(r.a))
		require.NotContains(t, body, "vaa_")
		require.NotContains(t, body, "sabotage", "nor the database's own words")
	}
	var list api.Page[api.Channel]
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels", &list))
	require.Len(t, list.Items, 2, "nothing was created or deleted")
	r.works() // calls go on, with the secret that was not replaced
	r.exec(db, `DROP TRIGGER sabotage`)
	require.Equal(t, secretOf(r.a), r.credentials(r.a))
}

// Every way to change the audit log is found by verifying it; a cut tail by
// the head that the gateway wrote to its log.
func testAuditTampered(t *testing.T) {
	r := newRig(t)
	r.everything()
	r.Stop()
	c := check(t, config.Settings{DataDir: r.dir, AdminToken: token})
	whole, err := server.VerifyAudit(t.Context(), c, "")
	require.NoError(t, err)
	require.Greater(t, whole.Seq, int64(5))
	db := r.database()
	require.Equal(t, filepath.Join(r.dir, "va.db"), c.SQLiteFile)
	r.exec(db, `CREATE TABLE kept AS SELECT * FROM audit`)
	r.exec(db, `CREATE TABLE kept_head AS SELECT * FROM audit_head`)
	var hash string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT hash FROM audit WHERE seq = 3`).Scan(&hash))
	for _, tt := range []struct{ name, statement, head string }{
		{name: "actor", statement: `UPDATE audit SET actor = 'nobody' WHERE seq = 2`},
		{name: "time", statement: `UPDATE audit SET at = replace(at, '20', '19') WHERE seq = 3`},
		{name: "action with its hash", statement: `UPDATE audit SET action = 'x', hash = prev_hash WHERE seq = 2`},
		{name: "deleted in the middle", statement: `DELETE FROM audit WHERE seq = 3`},
		{name: "deleted at the end", statement: `DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)`},
		{
			name: "end cut off with its mark", head: whole.Hash,
			statement: `DELETE FROM audit WHERE seq > 3; UPDATE audit_head SET seq = 3, hash = '` + hash + `'`,
		},
	} {
		r.exec(db, tt.statement)
		_, err := server.VerifyAudit(t.Context(), c, tt.head)
		require.Error(t, err, tt.name)
		require.Regexp(t, "^audit entry |is not part of the log", err.Error(), tt.name)
		r.exec(db, `DELETE FROM audit; INSERT INTO audit SELECT * FROM kept`)
		r.exec(db, `DELETE FROM audit_head; INSERT INTO audit_head SELECT * FROM kept_head`)
	}
	got, err := server.VerifyAudit(t.Context(), c, hash)
	require.NoError(t, err)
	require.Equal(t, store.AuditHead{Seq: whole.Seq, Hash: whole.Hash}, got)
	require.NoError(t, db.Close())
	require.Contains(t, r.Log(), "audit head")
	secrets := r.a.Credentials
	r.start()
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels/"+r.a.ID+"/twilio", r.a))
	r.a.Credentials = secrets
	r.works()
}

// Tokens that ended do not work, a browser on another site cannot use a good
// one, and a token gives no more than it has.
func testStolenTokens(t *testing.T) {
	r := newRig(t)
	mint := func(expires time.Time, scopes ...string) api.Token {
		var made api.Token
		require.NoError(t, r.Client.Post(t.Context(), "/v1/tokens", api.Token{
			Name: "x", Scopes: scopes, ExpiresAt: &expires,
		}, &made, api.Write{}))
		return made
	}
	read := func(token string) int {
		status, _ := r.admin(http.MethodGet, "/v1/tokens", token, "")
		return status
	}
	short := mint(time.Now().Add(2*time.Second), api.ScopeAdmin)
	require.Equal(t, http.StatusOK, read(short.Secret))
	require.Eventually(t, func() bool { return read(short.Secret) == http.StatusUnauthorized },
		patience, 100*time.Millisecond, "expired")

	revoked := mint(time.Now().Add(time.Hour), api.ScopeAdmin)
	status, body := r.admin(http.MethodPost, "/v1/tokens", revoked.Secret, `{"name":"y","scopes":["credentials:read"]}`)
	require.Equal(t, http.StatusForbidden, status, body)
	require.NoError(t, r.Client.Delete(t.Context(), "/v1/tokens/"+revoked.ID, api.Write{}))
	require.Equal(t, http.StatusUnauthorized, read(revoked.Secret))

	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		status, _ = r.admin(http.MethodDelete, "/v1/channels/"+r.a.ID, r.Token, "", append(header, "If-Match", "*")...)
		require.Equal(t, http.StatusForbidden, status, header[0])
	}
	r.works()
}
