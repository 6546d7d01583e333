package sipua_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// TestSipvicious lets the tool that most scans of the internet are made with
// look for the gateway. A listed source is answered, which shows that the tool
// can find it. All scans run at once, since they mostly wait.
func TestSipvicious(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"svmap", "svwar"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(tool + " is not installed (Debian: sipvicious)")
		}
	}
	numbers := func(method string) []string {
		return []string{"svwar", "-m", method, "-e", "100-103", "--maximumtime=3"}
	}
	scans := []*struct {
		name  string
		args  []string
		trunk *trunk.Trunk
		found bool

		rig *rig
		at  string
		out []byte
		err error
	}{
		{name: "SIP-18 sipvicious finds nothing by OPTIONS", args: []string{"svmap", "-m", "OPTIONS"}, trunk: open()},
		{name: "SIP-18 sipvicious finds nothing by REGISTER", args: []string{"svmap", "-m", "REGISTER"}, trunk: open()},
		{name: "SIP-18 sipvicious finds nothing by INVITE", args: []string{"svmap", "-m", "INVITE"}, trunk: open()},
		{name: "SIP-18 sipvicious finds no number by INVITE", args: numbers("INVITE"), trunk: open()},
		{name: "SIP-18 sipvicious finds no number by REGISTER", args: numbers("REGISTER"), trunk: open()},
		{name: "SIP-18 sipvicious finds nothing elsewhere", args: []string{"svmap", "-m", "OPTIONS"}, trunk: elsewhere()},
		{name: "the list is found by OPTIONS", args: []string{"svmap", "-m", "OPTIONS"}, trunk: listed(), found: true},
		{name: "the list is found by INVITE", args: []string{"svmap", "-m", "INVITE"}, trunk: listed(), found: true},
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	home := t.TempDir() // where sessions would go
	var scanning sync.WaitGroup
	for _, s := range scans {
		s.rig = start(t, options{trunks: []*trunk.Trunk{s.trunk}, listen: "udp://127.0.0.1:0"})
		at, _ := s.rig.Address(sipua.UDP)
		s.at = at.String()
		args := append(s.args[1:], "-b", "127.0.0.1", "-x", "127.0.0.1", "-P", freePort(t),
			"-p", fmt.Sprint(at.Port()), "127.0.0.1")
		cmd := exec.CommandContext(ctx, s.args[0], args...)
		cmd.Dir, cmd.Env = home, append(os.Environ(), "HOME="+home)
		scanning.Go(func() { s.out, s.err = cmd.CombinedOutput() })
	}
	scanning.Wait()
	for _, s := range scans {
		t.Run(s.name, func(t *testing.T) {
			t.Logf("%v\n%s", s.args, s.out)
			require.NoError(t, s.err)
			if s.found {
				require.Contains(t, string(s.out), s.at)
				return
			}
			require.NotContains(t, string(s.out), s.at)
			require.Contains(t, string(s.out), "found nothing")
			require.NotEmpty(t, s.rig.reasons(), "the scan came here")
		})
	}
}

// freePort is a UDP port that was free just now; the tool would take that of
// SIP itself.
func freePort(t *testing.T) string {
	t.Helper()
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer c.Close()
	return fmt.Sprint(c.LocalAddr().(*net.UDPAddr).Port)
}
