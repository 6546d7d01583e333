package crash_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

// randomMoments is how often the gateway is killed at any time at all.
const randomMoments = 20

// A failed apply can be run again and ends in the wanted state, with no
// duplicates, whenever the gateway died.
func TestKilledApplyConverges(t *testing.T) {
	t.Parallel()
	terraform := findTerraform(t)
	gateway, overrides := build(t)

	for _, m := range []moment{beforeCommit, afterCommit, afterAnswer} {
		for n := 1; n <= 4; n++ { // the assistant, then each channel
			t.Run(fmt.Sprintf("%s of write %d", m, n), func(t *testing.T) {
				v := newVictim(t, gateway)
				w := newWorkspace(t, terraform, overrides, v.front.URL, "main.tf")
				v.doom(m, n)
				_ = w.run("apply", "-auto-approve") // may fail; that is the point
				v.kill()
				v.start(t)
				w.converges(t)
			})
		}
	}
	for n := range randomMoments {
		t.Run(fmt.Sprintf("random moment %d", n), func(t *testing.T) {
			v := newVictim(t, gateway)
			w := newWorkspace(t, terraform, overrides, v.front.URL, "main.tf")
			killer := time.AfterFunc(rand.N(1500*time.Millisecond), v.kill)
			_ = w.run("apply", "-auto-approve")
			killer.Stop()
			v.kill()
			v.start(t)
			w.converges(t)
		})
	}
}

// A repeated apply changes nothing.
func TestRepeatedApply(t *testing.T) {
	t.Parallel()
	terraform := findTerraform(t)
	gateway, overrides := build(t)
	v := newVictim(t, gateway)
	w := newWorkspace(t, terraform, overrides, v.front.URL, "main.tf")
	require.NoError(t, w.run("apply", "-auto-approve"))
	before := w.ids(t)
	w.converges(t)
	require.Equal(t, before, w.ids(t))
	require.NoError(t, w.run("destroy", "-auto-approve"))
	require.Empty(t, w.ids(t))
}

// workspace is one directory with configuration and state.
type workspace struct {
	terraform, dir string
	env            []string
	client         *api.Client
	cpu            time.Duration // user and system time of terraform and its providers in all runs so far
}

// newWorkspace begins with a configuration of testdata.
func newWorkspace(t *testing.T, terraform, overrides, endpoint, config string) *workspace {
	t.Helper()
	w := &workspace{terraform: terraform, dir: t.TempDir()}
	main, err := os.ReadFile(filepath.Join("testdata", config))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, "main.tf"), main, 0o600))
	w.env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+overrides, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"VA_ENDPOINT="+endpoint, "VA_TOKEN="+token)
	w.client, err = api.NewClient(api.ClientConfig{Endpoint: endpoint, Token: token, MaxRetries: 2})
	require.NoError(t, err)
	t.Cleanup(w.client.CloseIdle)
	return w
}

// run runs terraform; its output is part of the error.
func (w *workspace) run(args ...string) error {
	_, err := w.output(args...)
	return err
}

// output runs terraform and gives what it printed.
func (w *workspace) output(args ...string) ([]byte, error) {
	c := exec.Command(w.terraform, append(args, "-no-color")...)
	c.Dir, c.Env = w.dir, w.env
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	if c.ProcessState != nil {
		w.cpu += c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out.String())
	}
	return out.Bytes(), nil
}

// converges applies once more: then there is exactly what was asked for, and
// nothing left to do.
func (w *workspace) converges(t *testing.T) {
	t.Helper()
	require.NoError(t, w.run("apply", "-auto-approve"))
	require.NoError(t, w.run("plan", "-detailed-exitcode"), "the plan after it is not empty")
	require.Len(t, w.ids(t), 4, "one assistant and three channels")
}

// ids lists what the gateway holds.
func (w *workspace) ids(t *testing.T) []string {
	t.Helper()
	assistants, err := api.List[api.Assistant](t.Context(), w.client, "/v1/assistants")
	require.NoError(t, err)
	channels, err := api.List[api.TwilioChannel](t.Context(), w.client, "/v1/channels/twilio")
	require.NoError(t, err)
	var ids []string
	for _, a := range assistants {
		ids = append(ids, a.ID)
	}
	for _, c := range channels {
		ids = append(ids, c.ID)
	}
	return ids
}
