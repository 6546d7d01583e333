package crash_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var scale = flag.Int("scale", 0, "channels of TestScale; without it TestScale is skipped")

// TestScale prints what many channels cost in processor time, and the ratio to
// as many terraform_data resources. Those live in the core, so the ratio holds
// the whole price of a provider process too; against a provider without any
// server it would be lower. Nothing is asserted: the number belongs to the
// machine. Run it alone:
//
//	go test ./provider/internal/crash -run TestScale -scale 300 -v
func TestScale(t *testing.T) {
	if *scale == 0 {
		t.Skip("-scale says how many channels; it takes minutes")
	}
	terraform := findTerraform(t)
	gateway, overrides := build(t)
	v := newVictim(t, gateway)

	phases := [][]string{{"apply", "-auto-approve"}, {"plan"}, {"destroy", "-auto-approve"}}
	measure := func(config string) []time.Duration {
		w := newWorkspace(t, terraform, overrides, v.front.URL, config)
		w.env = append(w.env, fmt.Sprintf("TF_VAR_channels=%d", *scale))
		var spent []time.Duration
		for _, args := range phases {
			before := w.cpu
			require.NoError(t, w.run(args...))
			spent = append(spent, w.cpu-before)
		}
		return spent
	}
	base, ours := measure("scale_baseline.tf"), measure("scale.tf")
	var baseSum, oursSum time.Duration
	for i, args := range phases {
		t.Logf("%-8s %3d channels %8v, terraform_data %8v, ratio %.2f", args[0], *scale,
			ours[i].Round(time.Millisecond), base[i].Round(time.Millisecond), ratio(ours[i], base[i]))
		baseSum, oursSum = baseSum+base[i], oursSum+ours[i]
	}
	t.Logf("%-8s %3d channels %8v, terraform_data %8v, ratio %.2f", "all", *scale,
		oursSum.Round(time.Millisecond), baseSum.Round(time.Millisecond), ratio(oursSum, baseSum))
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }
