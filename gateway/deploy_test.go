package main

import (
	"bufio"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/config"
)

var deploy = filepath.Join("..", "examples", "deploy")

// unit reads a systemd unit: the values of each directive in their order.
func unit(t *testing.T, name string) map[string][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(deploy, name))
	require.NoError(t, err)
	defer f.Close()
	directives := map[string][]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		directives[key] = append(directives[key], value)
	}
	require.NoError(t, lines.Err())
	return directives
}

// variables gives the settings of a text as NAME=value words.
func variables(text string) map[string]string {
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)(?:^|\s)(VA_[A-Z_]+)=(\S*)`).FindAllStringSubmatch(text, -1) {
		found[m[1]] = m[2]
	}
	return found
}

// started checks that the gateway understands a command line and settings, and
// gives the configuration.
func started(t *testing.T, args []string, env map[string]string) config.Config {
	t.Helper()
	var settings config.Settings
	fields := reflect.ValueOf(&settings).Elem()
	known := map[string]reflect.Value{}
	for i := range fields.NumField() {
		known[fields.Type().Field(i).Tag.Get("env")] = fields.Field(i)
	}
	for name, value := range env {
		require.Contains(t, known, name, "no such setting")
		known[name].SetString(value)
	}
	var c cli
	parser, err := kong.New(&c)
	require.NoError(t, err)
	command, err := parser.Parse(args)
	require.NoError(t, err)
	require.Equal(t, "serve", command.Command())
	complete, err := settings.Check()
	require.NoError(t, err)
	return complete
}

func TestUnit(t *testing.T) {
	t.Parallel()
	u := unit(t, "gateway.service")
	env := variables(strings.Join(u["Environment"], " "))
	text, err := os.ReadFile(filepath.Join(deploy, "gateway.env"))
	require.NoError(t, err)
	maps.Copy(env, variables(string(text)))
	command := strings.Fields(u["ExecStart"][0])
	c := started(t, command[1:], env)

	require.Equal(t, "/var/lib/"+u["StateDirectory"][0], c.DataDir)
	require.Equal(t, []string{"SIGTERM"}, u["KillSignal"])
	require.Equal(t, []string{"mixed"}, u["KillMode"])
	stop, err := time.ParseDuration(strings.TrimSuffix(u["TimeoutStopSec"][0], "in"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, stop, c.DrainTimeout+time.Minute, "a drain is never cut")
	for name, value := range map[string]string{
		"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": "",
		"StateDirectoryMode": "0700", "UMask": "0077",
	} {
		require.Equal(t, []string{value}, u[name], name)
	}
}

// What systemd itself says of the unit.
func TestUnitIsValid(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	text, err := os.ReadFile(filepath.Join(deploy, "gateway.service"))
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	text = []byte(strings.Replace(string(text), "/usr/local/bin/gateway", self, 1))
	file := filepath.Join(t.TempDir(), "gateway.service")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), file, "a warning about the unit")
}

func TestContainerfile(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(deploy, "Containerfile"))
	require.NoError(t, err)
	text := string(data)
	command := regexp.MustCompile(`(?m)^CMD \["(.*)"\]$`).FindStringSubmatch(text)
	require.NotNil(t, command)
	c := started(t, strings.Split(command[1], `", "`), variables(text))
	require.Contains(t, text, "\nVOLUME "+c.DataDir+"\n")
	require.Regexp(t, `(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`, text, "not root")
	require.Contains(t, text, "\nSTOPSIGNAL SIGTERM\n")

	// The instructions of a Containerfile, all in capitals.
	known := []string{
		"FROM", "ARG", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD",
	}
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		if word, _, ok := strings.Cut(line, " "); ok && word != "#" {
			require.True(t, slices.Contains(known, word), line)
		}
	}
	version := regexp.MustCompile(`golang:([0-9.]+)-`).FindStringSubmatch(text)
	require.NotNil(t, version)
	module, err := os.ReadFile(filepath.Join("..", "go.mod"))
	require.NoError(t, err)
	require.Contains(t, string(module), "\ngo "+version[1]+".", "the image builds with the Go version of the module")
}
