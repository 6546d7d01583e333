package crash_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// Whatever terraform, the provider and the gateway write while a channel with a
// write-only token is made, read, rotated and destroyed, no secret is in it. The
// trace is searched whole: neither Terraform 1.11 nor OpenTofu 1.12 prints
// write-only or ephemeral values in it.
func TestSecretsLeaveNoTraceTF05PRD13(t *testing.T) {
	t.Parallel()
	terraform := findTerraform(t)
	gateway, overrides := build(t)
	v := newVictim(t, gateway)
	w := newWorkspace(t, terraform, overrides, v.front.URL, "secrets.tf")
	e := &evidence{t: t, planted: map[string]string{"admin token": token}}
	w.env = append(w.env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(w.dir, "trace.log"),
		"TF_VAR_token="+token)
	base := w.env
	do := func(args ...string) {
		out, err := w.output(args...)
		require.NoError(t, err)
		e.add("output of "+args[0], out)
	}
	for generation := 1; generation <= 2; generation++ {
		secret := rand.Text() + rand.Text()
		e.planted[fmt.Sprintf("token %d", generation)] = secret
		w.env = append(base[:len(base):len(base)],
			"TF_VAR_authentication_token="+secret, fmt.Sprintf("TF_VAR_generation=%d", generation))
		plan := fmt.Sprintf("plan%d.zip", generation)
		do("plan", "-out="+plan)
		do("show", "-json", plan)
		do("apply", plan)
		do("show", "-json")
		do("apply", "-refresh-only", "-auto-approve")
		do("plan", "-detailed-exitcode")
		w.hold(t, secret)
	}
	e.files(w.dir)
	e.files(v.dir)
	e.metrics(v)
	do("destroy", "-auto-approve")
	v.kill()
	e.files(w.dir)
	e.files(v.dir)
	trace, err := os.ReadFile(filepath.Join(w.dir, "trace.log"))
	require.NoError(t, err)
	require.Contains(t, string(trace), "provider.terraform-provider-va", "the provider's own lines are in it")
	for _, name := range []string{
		"terraform.tfstate", "plan2.zip", "tfplan", "trace.log", "gateway.log", "va.db", "va.db-wal", "va.db-shm", "metrics",
	} {
		require.Contains(t, e.seen, name, "a check that did not look there proves nothing")
	}
}

// A token that Terraform keeps, because it is no write-only argument, is in
// state and plan and nowhere else. It comes from a variable: a token written
// beside the argument would be in the lines of source that the core prints with
// a warning.
func TestStoredSecretsStayOutOfLogsTF18(t *testing.T) {
	t.Parallel()
	terraform := findTerraform(t)
	gateway, overrides := build(t)
	v := newVictim(t, gateway)
	w := newWorkspace(t, terraform, overrides, v.front.URL, "main.tf")
	trace := filepath.Join(t.TempDir(), "trace.log")
	w.env = append(w.env, "TF_LOG=TRACE", "TF_LOG_PATH="+trace)
	e := &evidence{t: t, planted: map[string]string{
		"admin token": token, "token": "0123456789abcdef0123456789abcde",
	}}
	for _, args := range [][]string{
		{"plan"}, {"apply", "-auto-approve"}, {"plan"}, {"show"}, {"destroy", "-auto-approve"},
	} {
		out, err := w.output(args...)
		require.NoError(t, err)
		e.add("output of "+args[0], out)
	}
	e.metrics(v)
	e.files(filepath.Dir(trace))
	e.files(v.dir)
	require.Contains(t, e.seen, "trace.log")
	require.Contains(t, e.seen, "gateway.log")
}

// hold checks that every channel has the token: the second one has it from the
// ephemeral resource alone.
func (w *workspace) hold(t *testing.T, secret string) {
	t.Helper()
	channels, err := api.List[api.TwilioChannel](t.Context(), w.client, "/v1/channels/twilio")
	require.NoError(t, err)
	require.Len(t, channels, 2)
	for _, c := range channels {
		var held api.Credentials
		require.NoError(t, w.client.Get(t.Context(), "/v1/channels/"+c.ID+"/credentials", &held))
		require.Equal(t, map[string]string{"authentication_token": secret}, held.Values)
	}
}

// evidence is what was written, searched for what was planted.
type evidence struct {
	t       *testing.T
	planted map[string]string // by name
	seen    map[string]bool   // base names
}

// add searches one text, line by line, so that a find tells its place.
func (e *evidence) add(name string, text []byte) {
	e.t.Helper()
	if e.seen == nil {
		e.seen = map[string]bool{}
	}
	e.seen[filepath.Base(name)] = true
	for what, secret := range e.planted {
		for form, find := range map[string]string{
			"": secret,
			// Three bytes at a time, so that the start of the secret is at a boundary or not.
			" in base64": base64.RawStdEncoding.EncodeToString([]byte(secret[:len(secret)/3*3])),
			" in hex":    hex.EncodeToString([]byte(secret)),
		} {
			for n, line := range bytes.Split(text, []byte("\n")) {
				if bytes.Contains(line, []byte(find)) {
					e.t.Errorf("%s, line %d, holds the %s%s: %.200q", name, n+1, what, form,
						bytes.ReplaceAll(line, []byte(find), []byte("<HERE>")))
				}
			}
		}
	}
}

// files searches every file below dir, and what archives hold.
func (e *evidence) files(dir string) {
	e.t.Helper()
	require.NoError(e.t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		e.add(path, text)
		if filepath.Ext(path) == ".zip" {
			e.archive(path, text)
		}
		return nil
	}))
}

func (e *evidence) archive(path string, text []byte) {
	e.t.Helper()
	z, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	require.NoError(e.t, err)
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(e.t, err)
		inside, err := io.ReadAll(io.LimitReader(r, 64<<20))
		require.NoError(e.t, err)
		require.NoError(e.t, r.Close())
		e.add(path+"/"+f.Name, inside)
	}
}

// metrics searches what the gateway tells its monitoring.
func (e *evidence) metrics(v *victim) {
	e.t.Helper()
	v.mu.Lock()
	address := v.admin.String()
	v.mu.Unlock()
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, address+"/metrics", nil)
	require.NoError(e.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	require.NoError(e.t, err)
	defer func() { require.NoError(e.t, res.Body.Close()) }()
	require.Equal(e.t, http.StatusOK, res.StatusCode)
	text, err := io.ReadAll(res.Body)
	require.NoError(e.t, err)
	e.add("metrics", text)
}
