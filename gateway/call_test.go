package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/testcall"
)

// parsed gives the call command of a command line.
func parsed(t *testing.T, args ...string) (*callCommand, *kong.Context) {
	t.Helper()
	var c struct {
		Call callCommand `cmd:""`
	}
	parser, err := kong.New(&c)
	require.NoError(t, err)
	command, err := parser.Parse(append([]string{"call"}, args...))
	require.NoError(t, err)
	return &c.Call, command
}

func TestStepsKeepTheOrderOfTheFlags(t *testing.T) {
	t.Parallel()
	sound := audio.Sound{Rate: 8000, Samples: []int16{1, 2, 3}}
	wav := filepath.Join(t.TempDir(), "a.wav")
	f, err := os.Create(wav)
	require.NoError(t, err)
	require.NoError(t, audio.WriteWAV(f, sound))
	require.NoError(t, f.Close())
	script := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(script, []byte("listen\n"), 0o600))

	c, command := parsed(t, "--digits", "9", "--say", "one, two", "--digits=12#", "--wav", wav,
		"--say", "three", "--script", script)
	steps, err := c.steps(command)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]testcall.Step{
		{Listen: true}, {Keys: "9"}, {Say: "one, two"}, {Keys: "12#"}, {Sound: sound}, {Say: "three"},
	}, steps))
	require.Equal(t, "speech", c.Expect)
}

func TestTheTokenMayComeFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "admin-token")
	require.NoError(t, os.WriteFile(file, []byte("secret-token\n"), 0o600))
	c, _ := parsed(t, "--admin-url", "http://127.0.0.1:1", "--token-file", file)
	client, err := c.client()
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:1", client.Endpoint())

	c, _ = parsed(t, "--token-file", file+".old")
	c.Token = "" // whatever the environment says
	_, err = c.client()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "--token-file")
}
