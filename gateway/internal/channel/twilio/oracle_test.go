package twilio

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOracle compares the vectors with the vendor's own library. It runs when
// node and the library are installed (npm ci in testdata/oracle); in CI they
// must be.
func TestOracle(t *testing.T) {
	t.Parallel()
	missing := ""
	if _, err := exec.LookPath("node"); err != nil {
		missing = "node is not installed"
	}
	if _, err := os.Stat("testdata/oracle/node_modules/twilio"); errors.Is(err, fs.ErrNotExist) {
		missing = "testdata/oracle has no node_modules: run npm ci there"
	}
	if missing != "" {
		require.NotEqual(t, "true", os.Getenv("CI"), missing)
		t.Skip(missing)
	}
	out, err := exec.CommandContext(t.Context(), "node", "testdata/oracle/check.js", vectorFile).Output()
	require.NoError(t, err)
	var accepted map[string]bool
	require.NoError(t, json.Unmarshal(out, &accepted))

	differs := map[string]string{
		"tw-a09": "the library completes a wss URL with port 80, Twilio may sign it with 443",
		"tw-a11": "the library compares the wss form only, Twilio may sign an upgrade over https",
		"tw-a12": "as tw-a11, with the port",
		"tw-r05": "the library accepts an empty token, anybody can sign with that",
	}
	for _, v := range vectors(t) {
		want := v.Expected == "accept"
		if differs[v.ID] != "" {
			want = !want
		}
		got, ok := accepted[v.ID]
		require.True(t, ok, v.ID)
		require.Equal(t, want, got, "%s %s", v.ID, v.Title)
	}
}
