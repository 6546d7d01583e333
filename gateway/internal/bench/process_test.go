package bench_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// ticksPerSecond is the unit of times in /proc, the same on every Linux (man
// 5 proc, sysconf(_SC_CLK_TCK)).
const ticksPerSecond = 100

// process is another run of this binary, which serves.
type process struct {
	place
	t   testing.TB
	cmd *exec.Cmd
	end io.Closer // its standard input
}

// launch starts a process, on one core of the machine if core is not negative.
// It is stopped, and what it reports at its end is checked, when the test ends
// or by stop.
func launch(t testing.TB, role string, core int) *process {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the figures come from /proc, which only Linux has")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	args := []string{self, "-test.run=^TestServe$", "-test.timeout=0"}
	if dir := os.Getenv("VA_BENCH_PROFILES"); dir != "" { // a directory, for go tool pprof
		args = append(args, "-test.cpuprofile="+filepath.Join(dir, role+".pprof"))
	}
	if core >= 0 {
		args = append([]string{"taskset", "--cpu-list", strconv.Itoa(core)}, args...)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), roleEnv+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{t: t, cmd: cmd, end: in}
	t.Cleanup(p.stop)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err, "the process said nothing: %s", line)
	require.NoError(t, json.Unmarshal(line, &p.place))
	return p
}

// stop ends the process. It exits with 0 only if nothing was left over and the
// race detector saw nothing.
func (p *process) stop() {
	if p.cmd == nil {
		return
	}
	cmd := p.cmd
	p.cmd = nil
	_ = p.end.Close()
	timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil {
		p.t.Errorf("the process that was measured ended with %v", err)
	}
}

// proc reads a file of the process below /proc.
func (p *process) proc(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), name))
	require.NoError(p.t, err)
	return string(text)
}

// cpu is the processor time used so far, of user and system.
func (p *process) cpu() time.Duration {
	p.t.Helper()
	// The second field is a name in parentheses, which may hold spaces.
	_, rest, ok := strings.Cut(p.proc("stat"), ") ")
	fields := strings.Fields(rest)
	require.True(p.t, ok && len(fields) > 13)
	var ticks int
	for _, f := range fields[11:13] { // utime and stime, fields 14 and 15
		n, err := strconv.Atoi(f)
		require.NoError(p.t, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// memory is the resident memory in bytes.
func (p *process) memory() int64 {
	p.t.Helper()
	var pages, resident int64
	_, err := fmt.Sscan(p.proc("statm"), &pages, &resident)
	require.NoError(p.t, err)
	return resident * int64(os.Getpagesize())
}

// descriptors is the number of open files and sockets.
func (p *process) descriptors() int64 {
	p.t.Helper()
	all, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "fd"))
	require.NoError(p.t, err)
	return int64(len(all))
}

// dropped is how many datagrams the kernel could not put into the sockets with
// these ports (man 5 proc, /proc/net/udp).
func (p *process) dropped(ports map[uint16]bool) (n int64) {
	p.t.Helper()
	for line := range strings.Lines(p.proc("net/udp")) {
		fields := strings.Fields(line)
		_, port, ok := strings.Cut(fields[1], ":")
		number, err := strconv.ParseUint(port, 16, 16)
		if !ok || err != nil || !ports[uint16(number)] {
			continue // the heading, or a socket of others
		}
		drops, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
		require.NoError(p.t, err)
		n += drops
	}
	return n
}

// goroutines is the number of goroutines, as the gateway's metrics say it.
func (p *process) goroutines() int64 {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.Metrics, nil)
	require.NoError(p.t, err)
	req.Header.Set("Authorization", "Bearer "+gatewaytest.Token)
	res, err := gatewaytest.HTTP.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			n, err := strconv.ParseInt(value, 10, 64)
			require.NoError(p.t, err)
			return n
		}
	}
	require.FailNow(p.t, "no go_goroutines among the metrics", "status %d", res.StatusCode)
	return 0
}
