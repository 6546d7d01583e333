package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	maxMessage = 4 << 10 // bytes kept of what a program complains about
	killDelay  = time.Second
)

// process is one bounded run of a program.
type process struct {
	program string
	args    []string
	stdin   string
	timeout time.Duration
	maxOut  int // bytes of standard output
}

// run answers the standard output. The program is killed with its context and
// when its time is over.
func (p process) run(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	out := &limited{max: p.maxOut}
	complaint := &limited{max: maxMessage, lossy: true}
	cmd := exec.CommandContext(ctx, p.program, p.args...)
	// The gateway's own environment holds secrets.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	cmd.Stdin = strings.NewReader(p.stdin)
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.WaitDelay = killDelay
	err := cmd.Run()
	switch {
	case err == nil:
		return out.b.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run %s: %w", p.program, ctx.Err())
	case out.full:
		return nil, fmt.Errorf("run %s: more than %d bytes of output", p.program, p.maxOut)
	}
	if said := strings.TrimSpace(complaint.b.String()); said != "" {
		return nil, fmt.Errorf("run %s: %w: %q", p.program, err, said)
	}
	return nil, fmt.Errorf("run %s: %w", p.program, err)
}

var errFull = errors.New("output limit reached")

// limited is a buffer with a limit. A lossy one forgets what does not fit, any
// other refuses it, which ends the program that writes.
type limited struct {
	b     bytes.Buffer
	max   int
	lossy bool
	full  bool
}

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	room := l.max - l.b.Len()
	if len(p) <= room {
		return l.b.Write(p)
	}
	l.full = true
	l.b.Write(p[:room])
	if l.lossy {
		return len(p), nil
	}
	return room, errFull
}

var errNoPlace = errors.New("too many programs run")

// gate limits how many programs run at a time.
type gate chan struct{}

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNoPlace, ctx.Err())
	}
}

func (g gate) leave() { <-g }
