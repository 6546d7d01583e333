package bench_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spacing lies between the beginnings of two calls, so that they do not speak
// in step.
const spacing = 53 * time.Millisecond

// setting reads a number or a duration from the environment.
func setting[T any](t testing.TB, name string, standard T, parse func(string) (T, error)) T {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	v, err := parse(text)
	require.NoError(t, err, name)
	return v
}

func number(t testing.TB, name string, standard int) int {
	t.Helper()
	return setting(t, name, standard, strconv.Atoi)
}

func duration(t testing.TB, name string, standard time.Duration) time.Duration {
	t.Helper()
	return setting(t, name, standard, time.ParseDuration)
}

// crowd are the callers of one process.
type crowd struct {
	place   place
	talk    func(ctx context.Context, p place, number uint32, d time.Duration) (counts, error) // nil: over Media Streams
	calling sync.WaitGroup

	mu     sync.Mutex
	total  counts // guarded by mu
	calls  int    // guarded by mu
	failed []error
}

// call adds a caller who talks for d.
func (c *crowd) call(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.calls++
	n := c.calls
	c.mu.Unlock()
	talk := c.talk
	if talk == nil {
		talk = overMediaStreams
	}
	got, err := talk(ctx, c.place, uint32(n), d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total.Sent += got.Sent
	c.total.Heard += got.Heard
	c.total.Strange += got.Strange
	c.total.delays = append(c.total.delays, got.delays...)
	return err
}

// overMediaStreams is one call of Twilio's.
func overMediaStreams(ctx context.Context, p place, number uint32, d time.Duration) (counts, error) {
	one, err := newCaller(ctx, p, number)
	if err != nil {
		return counts{}, err
	}
	return one.talk(ctx, d)
}

// gather starts n callers one after the other; each talks until the same
// moment. It returns when all have begun.
func (c *crowd) gather(ctx context.Context, n int, until time.Time) {
	tick := time.NewTicker(spacing)
	defer tick.Stop()
	for range n {
		c.calling.Go(func() { c.fail(c.call(ctx, time.Until(until))) })
		<-tick.C
	}
}

// comeAndGo starts one caller after the other, each for d, until a moment.
func (c *crowd) comeAndGo(ctx context.Context, d time.Duration, until time.Time) {
	c.calling.Go(func() {
		for ctx.Err() == nil && time.Until(until) > d {
			c.fail(c.call(ctx, d))
		}
	})
}

func (c *crowd) fail(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, err)
}

// result waits for the last call.
func (c *crowd) result(t testing.TB) counts {
	t.Helper()
	c.calling.Wait()
	require.Empty(t, c.failed)
	slices.Sort(c.total.delays)
	return c.total
}

func (c counts) lost() int { return c.Sent - c.Heard }

// quantile gives a delay that the share q of all frames do not exceed; delays
// are sorted.
func (c counts) quantile(q float64) time.Duration {
	if len(c.delays) == 0 {
		return 0
	}
	return c.delays[int(q*float64(len(c.delays)-1))]
}
