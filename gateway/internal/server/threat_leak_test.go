package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// planted are the secrets of one run, by what they are.
type planted map[string]string

// everything does what a user, a platform and an attacker do, and gives the
// secrets that were in play.
func (r *rig) everything() planted {
	r.t.Helper()
	p := planted{"bootstrap token": r.Token, "old token": secretOf(r.a), "other token": secretOf(r.b)}
	var made api.Token
	require.NoError(r.t, r.Client.Post(r.t.Context(), "/v1/tokens", api.Token{
		Name: "ci", Scopes: []string{api.ScopeChannelsRW, api.ScopeSecretsRotate, api.ScopeCredentialsRead},
	}, &made, api.Write{}))
	p["admin token"] = made.Secret
	status, _ := r.admin(http.MethodGet, "/v1/channels/"+r.a.ID+"/credentials", made.Secret, "")
	require.Equal(r.t, http.StatusOK, status)
	status, _ = r.admin(http.MethodGet, "/v1/channels", made.Secret+"x", "")
	require.Equal(r.t, http.StatusUnauthorized, status)

	form := about(newSID(), "CallerName", "P. Lanted")
	target := r.step(r.a, "voice")
	p["signature"] = sign(secretOf(r.a), target, form)
	_, body := r.post(target, p["signature"], form)
	stream := streamURL(r.t, body)
	p["ticket"] = stream[strings.LastIndex(stream, "/")+1:]
	p["stream signature"] = sign(secretOf(r.a), stream, nil)
	for _, signature := range []string{sign(secretOf(r.b), stream, nil), p["stream signature"], p["stream signature"]} {
		if ws, _ := r.upgrade(stream, signature); ws != nil {
			require.NoError(r.t, ws.Close())
		}
	}
	_, status = r.upgrade(strings.Replace(stream, "/media/", "/%6dedia/", 1), sign(secretOf(r.b), stream, nil))
	require.Equal(r.t, http.StatusForbidden, status)
	r.ask(r.a, "stream-status", about(form.Get("CallSid"), "StreamEvent", "stream-error", "StreamError", "31921 "+stream))
	r.gaveUp(r.a, form.Get("CallSid"))

	r.a = r.rotate(r.a, time.Hour)
	p["new token"] = secretOf(r.a)
	line := r.dial()
	r.conversation()
	for _, key := range []byte(digits) {
		require.NoError(r.t, line.Press(key))
	}
	require.NoError(r.t, line.Press('0'))
	require.Equal(r.t, liveAgent, r.lineEnd(line).Target)
	return p
}

const digits = "4938271"

// Neither the database nor any file beside it holds a secret in any of its
// usual spellings, while the gateway runs and after it stopped.
func testDump(t *testing.T) {
	r := newRig(t)
	secrets := r.everything()
	r.noneIn(secrets)
	r.works()
	r.Stop()
	r.noneIn(secrets)
}

func (r *rig) noneIn(secrets planted) {
	r.t.Helper()
	files := 0
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for name, secret := range secrets {
			for _, spelling := range []string{
				secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)),
				base64.RawURLEncoding.EncodeToString([]byte(secret)),
			} {
				require.False(r.t, bytes.Contains(content, []byte(spelling)), "%s is in %s", name, d.Name())
			}
		}
		return nil
	})
	require.NoError(r.t, err)
	require.Greater(r.t, files, 2, "database, journal and key file were read")
}

// A sealed secret moved to another row does not open: that channel is not
// served, with whatever secret, and the others are.
func testSwappedRows(t *testing.T) {
	r := newRig(t)
	r.Stop()
	db := r.database()
	r.exec(db, `UPDATE channel_credential SET sealed = (SELECT sealed FROM channel_credential WHERE owner_id = ?)
		WHERE owner_id = ?`, r.a.ID, r.b.ID)
	require.NoError(t, db.Close())
	r.start()
	require.Contains(t, r.Log(), "channel cannot be served")
	form := about(newSID())
	for _, secret := range []string{secretOf(r.a), secretOf(r.b)} {
		target := r.step(r.b, "voice")
		status, _ := r.post(target, sign(secret, target, form), form)
		require.Equal(t, http.StatusNotFound, status)
	}
	status, body := r.admin(http.MethodGet, "/v1/channels/"+r.b.ID+"/credentials", r.Token, "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.NotContains(t, body, secretOf(r.a))
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels/"+r.a.ID+"/twilio", r.a))
	r.a.Credentials = map[string]string{"authentication_token": r.credentials(r.a)}
	r.works()
}

// credentials reads a channel's token back.
func (r *rig) credentials(c *api.TwilioChannel) string {
	r.t.Helper()
	var read api.Credentials
	require.NoError(r.t, r.Client.Get(r.t.Context(), "/v1/channels/"+c.ID+"/credentials", &read))
	return read.Values["authentication_token"]
}

// TW-25: logs at their most talkative, metrics and refusals hold no secret, no
// key a caller pressed and no telephone number.
func testLogs(t *testing.T) {
	r := newRig(t)
	secrets := r.everything()
	secrets["keys"] = digits
	for name, number := range map[string]string{"caller": fromNumber, "called": toNumber, "live agent": liveAgent} {
		secrets[name] = strings.TrimPrefix(number, "+")
	}
	secrets["caller's name"] = "P. Lanted"
	_, metrics := r.admin(http.MethodGet, "/metrics", r.Token, "")
	_, refusals := r.admin(http.MethodGet, "/v1/channels/"+r.a.ID+"/refusals", r.Token, "")
	require.Contains(t, refusals, "signature_mismatch")
	_, audit := r.admin(http.MethodGet, "/v1/audit", r.Token, "")
	for name, secret := range secrets {
		for where, text := range map[string]string{
			"log": r.Log(), "metrics": metrics, "refusals": refusals, "audit": audit,
		} {
			require.NotContains(t, text, secret, "%s in the %s", name, where)
		}
	}
	require.NotRegexp(t, `(?i)"(digit|dtmf|key|from|to|signature|authorization)":`, r.Log())
	r.works()
}
