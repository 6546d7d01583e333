package sipleg_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// TestSIPp lets another implementation call.
func TestSIPp(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not installed (Debian: sip-tester)")
	}
	r := start(t, trunk.SRTPOptional, sipleg.Ways{})
	for _, c := range []struct{ name, scenario string }{
		{"SIP-01 calls", "call"},
		{"SIP-02 hold by sendonly and by 0.0.0.0, resume", "hold"},
		{"a probe", "options"},
		{"a wrong token", "refused"},
	} {
		for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
			t.Run(c.name+" over "+string(transport), func(t *testing.T) {
				t.Parallel()
				to, _ := r.Address(transport)
				scenario, err := filepath.Abs(filepath.Join("..", "testdata", "sipp", c.scenario+".xml"))
				require.NoError(t, err)
				mode := map[sipua.Transport]string{sipua.UDP: "u1", sipua.TCP: "t1"}[transport]
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				cmd := exec.CommandContext(ctx, program, "-sf", scenario, "-t", mode, "-m", "20", "-r", "20", "-nostdin",
					"-i", "127.0.0.1", "-s", "+15551230000", "-key", "token", token, "-timeout", "20", to.String())
				cmd.Dir = t.TempDir()
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, string(out))
			})
		}
	}
}
