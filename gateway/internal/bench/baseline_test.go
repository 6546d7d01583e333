package bench_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// What BenchmarkBaseline measures unless the environment says otherwise.
const (
	baselineRuns  = 5                // VA_BENCH_RUNS
	baselineCalls = 150              // VA_BENCH_CALLS
	baselineTime  = 20 * time.Second // VA_BENCH_TIME, with all calls on the line
	settling      = 2 * time.Second  // before that
	servingCore   = 0
	callingCore   = 1
)

// run is one line of output.
type run struct {
	Server           string  `json:"server"`
	Calls            int     `json:"calls"`
	Frames           int     `json:"frames"`
	Lost             int     `json:"lost"`
	Strange          int     `json:"strange"`
	CPUPerCallMinute float64 `json:"cpu_seconds_per_call_minute"`
	P50              float64 `json:"p50_ms"`
	P99              float64 `json:"p99_ms"`
	Max              float64 `json:"max_ms"`
	MemoryPerCall    float64 `json:"memory_kib_per_call"`
}

// BenchmarkBaseline compares the gateway, with an engine that echoes, to the
// minimal bridge: the same calls in real time over real sockets, each server
// alone on one core, the callers on another. Runs take turns, and medians are
// reported, since other work of the machine disturbs single ones. It prints a
// JSON line for each run and asserts nothing about speed.
func BenchmarkBaseline(b *testing.B) {
	runs, calls := number(b, "VA_BENCH_RUNS", baselineRuns), number(b, "VA_BENCH_CALLS", baselineCalls)
	d := duration(b, "VA_BENCH_TIME", baselineTime)
	apart := pinSelf(b)
	out := json.NewEncoder(os.Stdout)
	for b.Loop() {
		results := map[string][]run{}
		for range runs {
			for _, role := range []string{roleMinimal, roleGateway} {
				r := measure(b, role, apart, calls, d, nil)
				require.NoError(b, out.Encode(r))
				results[role] = append(results[role], r)
			}
		}
		report(b, results[roleMinimal], results[roleGateway])
	}
}

// pinSelf puts the callers, which are this process, on a core of their own, if
// the machine has two and taskset.
func pinSelf(b *testing.B) bool {
	b.Helper()
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		b.Log("servers and callers share all cores: taskset or a second core is missing")
		return false
	}
	before := runtime.GOMAXPROCS(1)
	pin := func(cores string) {
		pid := strconv.Itoa(os.Getpid())
		text, err := exec.Command("taskset", "--all-tasks", "--cpu-list", "--pid", cores, pid).CombinedOutput()
		require.NoError(b, err, "%s", text)
	}
	pin(strconv.Itoa(callingCore))
	b.Cleanup(func() {
		pin("0-" + strconv.Itoa(runtime.NumCPU()-1))
		runtime.GOMAXPROCS(before)
	})
	return true
}

// measure runs the calls against a fresh process.
func measure(
	b *testing.B, role string, apart bool, calls int, d time.Duration,
	talk func(context.Context, place, uint32, time.Duration) (counts, error),
) run {
	b.Helper()
	core := -1
	if apart {
		core = servingCore
	}
	p := launch(b, role, core)
	defer p.stop()
	defer gatewaytest.HTTP.CloseIdleConnections()
	idle := p.memory()
	c := &crowd{place: p.place, talk: talk}
	end := time.Now().Add(time.Duration(calls)*spacing + settling + d)
	c.gather(b.Context(), calls, end)
	<-time.After(time.Until(end.Add(-d)))
	began, used := time.Now(), p.cpu()
	<-time.After(time.Until(end) - 100*time.Millisecond) // before the first hangs up
	used, took := p.cpu()-used, time.Since(began)
	memory := p.memory() - idle
	got := c.result(b)
	return run{
		Server: role, Calls: calls, Frames: got.Sent, Lost: got.lost(), Strange: got.Strange,
		CPUPerCallMinute: used.Seconds() / (float64(calls) * took.Minutes()),
		P50:              milliseconds(got.quantile(.5)),
		P99:              milliseconds(got.quantile(.99)),
		Max:              milliseconds(got.quantile(1)),
		MemoryPerCall:    float64(memory) / 1024 / float64(calls),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// report prints the summary: medians of the gateway, and its share of the
// bridge's processor time.
func report(b *testing.B, minimal, gateway []run) {
	b.Helper()
	lost := 0
	for _, r := range gateway {
		lost += r.Lost
	}
	cpu := func(r run) float64 { return r.CPUPerCallMinute }
	p50, p99 := func(r run) float64 { return r.P50 }, func(r run) float64 { return r.P99 }
	b.ReportMetric(median(gateway, cpu)/median(minimal, cpu), "cpu-ratio")
	b.ReportMetric(median(gateway, cpu), "cpu-s/call-min")
	b.ReportMetric(median(gateway, p50)-median(minimal, p50), "added-p50-ms")
	b.ReportMetric(median(gateway, p99)-median(minimal, p99), "added-p99-ms")
	b.ReportMetric(median(gateway, func(r run) float64 { return r.MemoryPerCall }), "KiB/call")
	b.ReportMetric(float64(lost), "lost-frames")
	b.ReportMetric(0, "ns/op") // not shown: the length is given
}

func median[R any](runs []R, of func(R) float64) float64 {
	var values []float64
	for _, r := range runs {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return (values[len(values)/2] + values[(len(values)-1)/2]) / 2
}
