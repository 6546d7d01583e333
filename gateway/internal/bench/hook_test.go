package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/audiohook"
)

// BenchmarkAudioConnector compares calls of the Audio Connector, with an engine
// that echoes, to a bare WebSocket echo of the same frames. Everything else is as
// in BenchmarkBaseline.
func BenchmarkAudioConnector(b *testing.B) {
	runs, calls := number(b, "VA_BENCH_RUNS", baselineRuns), number(b, "VA_BENCH_CALLS", baselineCalls)
	d := duration(b, "VA_BENCH_TIME", baselineTime)
	apart := pinSelf(b)
	out := json.NewEncoder(os.Stdout)
	for b.Loop() {
		results := map[string][]run{}
		for range runs {
			for _, role := range []string{roleHookEcho, roleHook} {
				r := measure(b, role, apart, calls, d, overAudioConnector)
				require.NoError(b, out.Encode(r))
				results[role] = append(results[role], r)
			}
		}
		report(b, results[roleHookEcho], results[roleHook])
	}
}

// The short form runs with every test; `make soak` sets VA_SOAK_TIME.
const (
	hookTalkTime = 8 * time.Second
	hookTalkers  = 3
)

// TestSoakAudioConnector keeps sessions on the line of another process, as
// TestSoak does.
func TestSoakAudioConnector(t *testing.T) { //nolint:paralleltest // it measures
	calls, d := number(t, "VA_SOAK_CALLS", soakCalls), duration(t, "VA_SOAK_TIME", soakTime)
	t.Run("GA-27 calls come and go", func(t *testing.T) { //nolint:paralleltest // it measures
		soak(t, roleHook, overAudioConnector, calls, d)
	})
}

// TestSoakMonologue looks at what arrives at Genesys while an engine delivers
// twenty times as fast as it can be spoken.
func TestSoakMonologue(t *testing.T) {
	t.Parallel()
	d := duration(t, "VA_SOAK_TIME", hookTalkTime)
	t.Run("GA-16 rates at the receiver", func(t *testing.T) {
		t.Parallel()
		g := gatewaytest.Start(t, gatewaytest.WithEngine(api.EngineKindScripted, monologue{d}))
		h := hookOf(t, g)
		reports, errs := make([]string, hookTalkers), make([]error, hookTalkers)
		var calls sync.WaitGroup
		for i := range hookTalkers {
			calls.Go(func() { reports[i], errs[i] = listenTo(t.Context(), h, d) })
		}
		calls.Wait()
		for i, report := range reports {
			require.NoError(t, errs[i])
			t.Log(report)
		}
	})
}

// listenTo opens a session, holds what comes to the limits that Genesys
// publishes, 5 messages a second and 25 at once, and reports the distances.
func listenTo(ctx context.Context, h hook, d time.Duration) (report string, err error) {
	c := &hookCaller{}
	if err := c.open(ctx, h); err != nil {
		return "", err
	}
	defer c.session.Release()
	limit := rate.NewLimiter(5, 25)
	var gaps []time.Duration
	var last time.Time
	var m audiohook.Message
	count, bytes := 0, 0
	for m.Kind != audiohook.Disconnect {
		if err := c.session.Read(&m); err != nil {
			return "", err
		}
		if m.Kind != audiohook.Audio {
			continue
		}
		now := time.Now()
		if count++; !limit.AllowN(now, 1) {
			return "", fmt.Errorf("message %d comes too soon", count)
		}
		if count%25 == 0 {
			err = errors.Join(err, c.session.Ping(0))
		}
		if bytes += len(m.Data); count > 2 { // the second one follows 400 ms
			gaps = append(gaps, now.Sub(last))
		}
		last = now
	}
	slices.Sort(gaps)
	average := float64(count) / d.Seconds()
	if average > 5 || bytes != audio.Mulaw8k.Bytes(d) {
		err = errors.Join(err, fmt.Errorf("%d bytes in %.2f messages a second", bytes, average))
	}
	return fmt.Sprintf("%d messages, %.2f/s, gap p50 %s p99 %s max %s", count, average,
		gaps[len(gaps)/2], gaps[len(gaps)*99/100], gaps[len(gaps)-1]), errors.Join(err, c.session.Close(audiohook.ReasonDone))
}

// monologue is an engine that talks for a time and ends the call.
type monologue struct{ length time.Duration }

func (monologue) Formats(leg audio.Format) (in, out audio.Format) { return leg, leg }

func (m monologue) Open(context.Context, call.Config) (call.Conversation, error) {
	alive, cancel := context.WithCancel(context.Background())
	c := &monologist{events: make(chan call.Event), alive: alive, cancel: cancel}
	c.running.Go(func() { c.talk(m.length) })
	return c, nil
}

type monologist struct {
	events  chan call.Event
	alive   context.Context //nolint:containedctx // of the goroutine
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// talk delivers 200 ms every 10 ms.
func (c *monologist) talk(d time.Duration) {
	defer close(c.events)
	data := make([]byte, audio.Mulaw8k.Bytes(200*time.Millisecond))
	for i := range data {
		data[i] = byte(i%250 + 1)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	c.send(call.Event{Kind: call.EventReady})
	for range d / (200 * time.Millisecond) {
		c.send(call.Event{Kind: call.EventAudio, Item: "1", Data: data})
		select {
		case <-tick.C:
		case <-c.alive.Done():
		}
	}
	c.send(call.Event{Kind: call.EventAudioDone, Item: "1"})
	c.send(call.Event{Kind: call.EventEnd})
}

func (c *monologist) send(e call.Event) {
	select {
	case c.events <- e:
	case <-c.alive.Done():
	}
}

func (*monologist) Write([]byte) error                     { return nil }
func (*monologist) Do(context.Context, call.Command) error { return nil }
func (c *monologist) Events() <-chan call.Event            { return c.events }

func (c *monologist) Close() {
	c.cancel()
	c.running.Wait()
}
