package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	channelall "github.com/va-gateway/terraform-provider-va/gateway/internal/channel/all"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

const (
	patience   = 30 * time.Second
	adminToken = "process-admin-token-0123456789-0123456789" //nolint:gosec // not a secret outside the test
	liveAgent  = "+14155550123"
)

// process is a gateway that runs as its users run it.
type process struct {
	public string
	client *api.Client
	cmd    *exec.Cmd
	logged chan string // messages of the log, from the start on
	exited chan error
}

// launch starts a gateway on a data directory and waits until it listens.
func launch(t *testing.T, dir string, flags ...string) *process {
	t.Helper()
	// The public URL has to be known before the start, so the port is one that
	// was free a moment ago.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	p := &process{public: "http://" + address, logged: make(chan string, 4096), exited: make(chan error, 1)}
	p.cmd = exec.CommandContext(t.Context(), "gateway", append([]string{
		"serve", "--data-dir", dir, "--http-listen", address, "--public-url", p.public,
		"--admin-listen", "127.0.0.1:0", "--admin-token", adminToken, "--log-format", "json",
	}, flags...)...)
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	admin := make(chan string, 1)
	go func() {
		p.read(stderr, admin)
		p.exited <- p.cmd.Wait()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // an error says that it ended before
	select {
	case endpoint := <-admin:
		p.client, err = api.NewClient(api.ClientConfig{Endpoint: endpoint, Token: adminToken})
		require.NoError(t, err)
		t.Cleanup(p.client.CloseIdle)
	case err := <-p.exited:
		require.FailNow(t, "the gateway did not start", "%v", err)
	case <-time.After(patience):
		require.FailNow(t, "the gateway did not start in time")
	}
	return p
}

// read follows the log until the process ends.
func (p *process) read(stderr io.Reader, admin chan<- string) {
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		var line struct{ Msg, Admin string }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			line.Msg = lines.Text() // for example a report of the race detector
		}
		if line.Admin != "" {
			admin <- "http://" + line.Admin
		}
		select {
		case p.logged <- line.Msg:
		default: // the test waits for early lines only
		}
	}
}

// says waits for a message in the log.
func (p *process) says(t *testing.T, message string) {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case m := <-p.logged:
			if m == message {
				return
			}
		case <-limit:
			require.FailNow(t, "not in the log: "+message)
		}
	}
}

// exits waits for the end, which must be a good one: exit status 0.
func (p *process) exits(t *testing.T, within time.Duration) {
	t.Helper()
	select {
	case err := <-p.exited:
		require.NoError(t, err)
	case <-time.After(within):
		require.FailNow(t, "the gateway did not exit in time")
	}
}

func (p *process) signal(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
}

// channel makes an assistant that waits for the caller to speak first, and a
// channel of it.
func (p *process) channel(t *testing.T) testcall.Target {
	t.Helper()
	var a api.Assistant
	require.NoError(t, p.client.Post(t.Context(), "/v1/assistants",
		api.Assistant{Name: "long talk", GreetingMode: api.CallerFirst}, &a, api.Write{}))
	in, out := &api.TwilioChannel{
		PhoneNumberToLiveAgent: liveAgent, AuthenticationToken: rand.Text() + rand.Text(),
	}, &api.TwilioChannel{}
	in.AssistantID, in.ProviderApplication = a.ID, "drain"
	require.NoError(t, p.client.Post(t.Context(), "/v1/channels/twilio", in, out, api.Write{}))
	return p.target(t, out.ID)
}

// target finds a channel with its secrets, as the call command does.
func (p *process) target(t *testing.T, channelID string) testcall.Target {
	t.Helper()
	var kinds []channel.Kind
	for _, k := range channelall.Kinds() {
		kinds = append(kinds, k.Kind)
	}
	target, err := testcall.Find(t.Context(), p.client, kinds, channelID)
	require.NoError(t, err)
	target.Placement.From, target.Placement.To = "+14155550100", "+14155550199"
	return target
}

// calls places n calls at once, waits until all of them are served and keeps
// listening to them.
func (p *process) calls(t *testing.T, target testcall.Target, n int) []channel.Line {
	t.Helper()
	lines, errs := make([]channel.Line, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range lines {
		wg.Go(func() {
			if lines[i], errs[i] = target.Dialer.Dial(t.Context(), target.Placement); errs[i] == nil {
				go listen(lines[i])
			}
		})
	}
	wg.Wait()
	for i, line := range lines {
		require.NoError(t, errs[i])
		t.Cleanup(line.Hangup)
	}
	for range lines {
		p.says(t, "call started")
	}
	return lines
}

// listen is a caller's ear, which stays open until the call ends.
func listen(line channel.Line) {
	for range line.Heard() {
	}
}

// records reads the records of all calls, through another process on the same
// data.
func records(t *testing.T, dir string) []api.Call {
	t.Helper()
	p := launch(t, dir)
	var page api.Page[api.Call]
	require.NoError(t, p.client.Get(t.Context(), "/v1/calls?limit=500", &page))
	p.signal(t)
	p.exits(t, patience)
	return page.Items
}

func data(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }
