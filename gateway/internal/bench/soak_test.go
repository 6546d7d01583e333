package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// The soak of every test run, beside other tests; `make soak` sets VA_SOAK_CALLS and
// VA_SOAK_TIME to 200 calls of ten minutes.
const (
	soakCalls   = 20
	soakTime    = 60 * time.Second
	soakSamples = 40
	shortCall   = 2 * time.Second
	// storePool is how many files the store keeps open once it was busy.
	storePool = 30
)

// sample is what a process uses at one moment.
type sample struct {
	at                              time.Duration
	memory, goroutines, descriptors int64
}

func (p *process) sample(at time.Duration) sample {
	return sample{at, p.memory(), p.goroutines(), p.descriptors()}
}

// TestSoak keeps calls on the line of another process, while others come and
// go, and looks at what it uses: a line through the samples must be flat, and
// in the end everything is given back.
func TestSoak(t *testing.T) { //nolint:paralleltest // it measures
	soak(t, roleGateway, nil, number(t, "VA_SOAK_CALLS", soakCalls), duration(t, "VA_SOAK_TIME", soakTime))
}

// soak is TestSoak with the callers of any kind, see crowd.
func soak(
	t *testing.T, role string, talk func(context.Context, place, uint32, time.Duration) (counts, error),
	calls int, d time.Duration,
) {
	t.Helper()
	p := launch(t, role, -1)
	warm := &crowd{place: p.place, talk: talk}
	warm.gather(t.Context(), 2, time.Now().Add(time.Second))
	warm.result(t)
	gatewaytest.HTTP.CloseIdleConnections()
	before := p.sample(0)

	c := &crowd{place: p.place, talk: talk}
	end := time.Now().Add(time.Duration(calls)*spacing + d)
	c.gather(t.Context(), calls, end)
	for range max(1, calls/20) {
		c.comeAndGo(t.Context(), shortCall, end)
	}
	var samples []sample
	tick := time.NewTicker(d / soakSamples)
	defer tick.Stop()
	for begun := time.Now(); time.Until(end) > d/soakSamples; {
		<-tick.C
		samples = append(samples, p.sample(time.Since(begun)))
	}
	got := c.result(t)

	last := samples[len(samples)-1]
	t.Logf("%d calls, %d frames, %d lost, delay p50 %s p99 %s max %s", c.calls, got.Sent, got.lost(),
		got.quantile(.5), got.quantile(.99), got.quantile(1))
	t.Logf("memory %d KiB, goroutines %d, descriptors %d", last.memory>>10, last.goroutines, last.descriptors)
	// A machine that is busy with other tests may lose time, which costs frames.
	require.LessOrEqual(t, got.lost(), got.Sent/100)
	require.Zero(t, got.Strange)
	flat(t, "memory", samples, func(s sample) int64 { return s.memory }, 24<<20)
	flat(t, "goroutines", samples, func(s sample) int64 { return s.goroutines }, 20)
	flat(t, "descriptors", samples, func(s sample) int64 { return s.descriptors }, 10)
	var now sample
	require.Eventually(t, func() bool {
		gatewaytest.HTTP.CloseIdleConnections()
		now = p.sample(0)
		return now.goroutines <= before.goroutines+5 && now.descriptors <= before.descriptors+storePool
	}, 20*time.Second, 100*time.Millisecond, "not given back: %+v before the calls, %+v now", before, &now)
}

// flat asserts that from the second half of the samples on, a line through
// them rises by no more than a tenth and slack over the whole time.
func flat(t *testing.T, what string, samples []sample, of func(sample) int64, slack float64) {
	t.Helper()
	samples = samples[len(samples)/2:]
	var x, y, xx, xy float64
	for _, s := range samples {
		at, v := s.at.Seconds(), float64(of(s))
		x, y, xx, xy = x+at, y+v, xx+at*at, xy+at*v
	}
	n := float64(len(samples))
	mean := y / n
	slope := (n*xy - x*y) / (n*xx - x*x)
	rise := slope * (samples[len(samples)-1].at - samples[0].at).Seconds()
	t.Logf("%s: mean %.0f, rise %+.0f", what, mean, rise)
	require.LessOrEqual(t, rise, mean/10+slack, "%s rose", what)
}
