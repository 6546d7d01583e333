package crash_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const token = "crash-admin-token-0123456789-0123456789"

// moment is when the gateway is killed.
type moment string

const (
	beforeCommit moment = "before the commit"
	afterCommit  moment = "after the commit"
	afterAnswer  moment = "after the answer"
)

// victim is a gateway process that can be killed and started again on its
// data, behind one unchanging address.
type victim struct {
	binary, dir string
	front       *httptest.Server

	mu      sync.Mutex
	process *exec.Cmd
	admin   *url.URL
	// plan kills the process around the n-th writing request.
	plan   moment
	writes int
	target int
}

func newVictim(t *testing.T, binary string) *victim {
	t.Helper()
	v := &victim{binary: binary, dir: t.TempDir()}
	v.front = httptest.NewServer(http.HandlerFunc(v.forward))
	t.Cleanup(func() {
		v.front.Close()
		v.kill()
	})
	v.start(t)
	return v
}

// log is the file of everything that the gateway has logged.
func (v *victim) log() string { return filepath.Join(v.dir, "gateway.log") }

// start runs the gateway until it listens.
func (v *victim) start(t *testing.T) {
	t.Helper()
	c := exec.CommandContext(t.Context(), v.binary, "serve",
		"--data-dir", filepath.Join(v.dir, "data"), "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
		"--admin-token", token, "--log-format", "json", "--log-level", "debug")
	stderr, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	log, err := os.OpenFile(v.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	written := io.TeeReader(stderr, log)
	lines := bufio.NewScanner(written)
	admin := ""
	for admin == "" && lines.Scan() {
		var line struct{ Msg, Admin string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "gateway started" {
			admin = line.Admin
		}
	}
	require.NotEmpty(t, admin, "the gateway did not start")
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, written)
		_ = log.Close()
	}()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.process, v.admin = c, &url.URL{Scheme: "http", Host: admin}
}

// kill is SIGKILL, then waits for the process to be gone.
func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.process != nil {
		_ = v.process.Process.Kill()
		_ = v.process.Wait() // killed: the error says so
		v.process = nil
	}
}

// doom kills the process around its n-th writing request from now.
func (v *victim) doom(m moment, n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.plan, v.writes, v.target = m, 0, n
}

// hit says whether this request is the doomed one.
func (v *victim) hit(r *http.Request) (moment, *url.URL) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.plan == "" || r.Method == http.MethodGet || r.URL.Query().Has("dry_run") {
		return "", v.admin
	}
	if v.writes++; v.writes != v.target {
		return "", v.admin
	}
	m := v.plan
	v.plan = ""
	return m, v.admin
}

func (v *victim) forward(w http.ResponseWriter, r *http.Request) {
	m, admin := v.hit(r)
	if m == beforeCommit {
		v.kill()
		panic(http.ErrAbortHandler) // the connection breaks without an answer
	}
	proxy := httputil.NewSingleHostReverseProxy(admin)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	proxy.ModifyResponse = func(res *http.Response) error {
		if m == afterCommit {
			_, _ = io.Copy(io.Discard, res.Body)
			v.kill()
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	proxy.ServeHTTP(w, r)
	if m == afterAnswer {
		v.kill()
	}
}
