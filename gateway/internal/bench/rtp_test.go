package bench_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What BenchmarkRTP measures unless the environment says otherwise.
const (
	rtpRuns  = 3                // VA_BENCH_RUNS
	rtpCalls = 300              // VA_BENCH_RTP_CALLS
	rtpTime  = 10 * time.Second // VA_BENCH_TIME, with all calls on the line
)

// rtpRun is one line of output.
type rtpRun struct {
	Server           string  `json:"server"`
	Calls            int     `json:"calls"`
	Sent             int64   `json:"sent"`
	Heard            int64   `json:"heard"`
	Missing          int64   `json:"missing"` // gaps in the numbers of what was heard
	Dropped          int64   `json:"dropped"` // by the kernel, for want of room at a socket of either side
	CPUPerCallSecond float64 `json:"cpu_us_per_call_second"`
	MemoryPerCall    float64 `json:"memory_kib_per_call"`
}

// BenchmarkRTP compares whole calls over RTP, with an engine that echoes, to a
// plain UDP echo with one socket per call, which is the least that any server
// must do. Everything else is as in BenchmarkBaseline.
func BenchmarkRTP(b *testing.B) {
	runs, calls := number(b, "VA_BENCH_RUNS", rtpRuns), number(b, "VA_BENCH_RTP_CALLS", rtpCalls)
	d := duration(b, "VA_BENCH_TIME", rtpTime)
	apart := pinSelf(b)
	out := json.NewEncoder(os.Stdout)
	for b.Loop() {
		results := map[string][]rtpRun{}
		for range runs {
			for _, role := range []string{roleUDP, roleRTP, roleSRTP} {
				r := measureRTP(b, role, apart, calls, d)
				require.NoError(b, out.Encode(r))
				results[role] = append(results[role], r)
			}
		}
		cpu := func(role string) float64 {
			return median(results[role], func(r rtpRun) float64 { return r.CPUPerCallSecond })
		}
		b.ReportMetric(cpu(roleRTP)/cpu(roleUDP), "cpu-ratio")
		b.ReportMetric(cpu(roleRTP), "cpu-us/call-s")
		b.ReportMetric(median(results[roleRTP], func(r rtpRun) float64 { return r.MemoryPerCall }), "KiB/call")
		lost := func(r rtpRun) float64 { return float64(r.Missing + r.Dropped) }
		b.ReportMetric(median(results[roleRTP], lost), "lost-packets")
		b.ReportMetric(cpu(roleSRTP)/cpu(roleUDP), "srtp-cpu-ratio")
		b.ReportMetric(cpu(roleSRTP), "srtp-cpu-us/call-s")
		b.ReportMetric(median(results[roleSRTP], lost), "srtp-lost-packets")
		b.ReportMetric(0, "ns/op") // not shown: the length is given
	}
}

// measureRTP runs the calls against a fresh process.
func measureRTP(b *testing.B, role string, apart bool, calls int, d time.Duration) rtpRun {
	b.Helper()
	core := -1
	if apart {
		core = servingCore
	}
	p := launch(b, role, core)
	defer p.stop()
	require.Len(b, p.Ports, calls)
	c := newTalkers(b, p.Ports, role == roleSRTP)
	<-time.After(settling)
	c.count.Store(true)
	began, used := time.Now(), p.cpu()
	<-time.After(d)
	used, took := p.cpu()-used, time.Since(began)
	memory, dropped := p.memory(), p.dropped(c.ports())
	sent, heard, missing := c.stop()
	return rtpRun{
		Server: role, Calls: calls, Sent: sent, Heard: heard, Missing: missing, Dropped: dropped,
		CPUPerCallSecond: float64(used.Microseconds()) / (float64(calls) * took.Seconds()),
		MemoryPerCall:    float64(memory) / 1024 / float64(calls),
	}
}
