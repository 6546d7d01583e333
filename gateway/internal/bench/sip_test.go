package bench_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/phone"
)

// The short form runs with every test; `make soak` sets VA_SOAK_CALLS and
// VA_SOAK_TIME, of which half as many calls again come over SIP.
const (
	sipSoakCalls = 8
	sipSoakTime  = 6 * time.Second
)

// TestSoakSIP keeps calls over SIP on the line of another process, as TestSoak
// does. A frame is lost when its number is missing in what came back.
func TestSoakSIP(t *testing.T) { //nolint:paralleltest // it measures
	calls, d := number(t, "VA_SOAK_CALLS", sipSoakCalls)*3/2, duration(t, "VA_SOAK_TIME", sipSoakTime)
	t.Run("SIP-10 soak", func(t *testing.T) { //nolint:paralleltest // it measures
		ports, err := port.NewPool(loopback, 10000, 19999)
		require.NoError(t, err)
		ports.Quiet = 100 * time.Millisecond
		defer ports.Close()
		clock := pacer.New(1)
		defer clock.Close()
		soak(t, roleSIP, overSIP(ports, clock), calls, d)
	})
}

// overSIP makes calls of phones, which say something that is not silence.
func overSIP(ports *port.Pool, clock *pacer.Pacer) func(context.Context, place, uint32, time.Duration) (counts, error) {
	return func(ctx context.Context, p place, n uint32, d time.Duration) (counts, error) {
		gateway, err := netip.ParseAddrPort(p.SIP)
		if err != nil {
			return counts{}, err
		}
		one, err := phone.Dial(ctx, phone.Config{
			Transport: sipua.UDP, Gateway: gateway, Local: loopback, Ports: ports, Pacer: clock,
			From: fmt.Sprintf("+1555%07d", n), To: sipNumber,
			Headers: []phone.Header{{Name: "x-snc-param", Value: sipToken}},
		})
		if err != nil {
			return counts{}, err
		}
		until := time.Now().Add(d)
		var talking sync.WaitGroup
		talking.Go(func() { // until the media is closed
			_ = one.Media().Play(func(_ time.Time, frame []byte) bool {
				for i := range frame {
					frame[i] = byte(n)
				}
				return time.Now().Before(until)
			})
		})
		talking.Go(func() {
			for {
				if _, err := one.Media().Next(); err != nil {
					return
				}
			}
		})
		var ended error
		select {
		case <-time.After(d):
			ended = one.Hangup(ctx)
		case <-one.Done():
			ended = fmt.Errorf("the gateway ended the call: %+v", one.End())
		}
		one.Close()
		talking.Wait()
		s := one.Media().Stats()
		got := int(s.Received - s.Duplicates)
		return counts{Sent: got + int(s.Lost), Heard: got, Strange: int(s.Malformed + s.Rejected)}, ended
	}
}

// What BenchmarkInvite measures unless the environment says otherwise.
const (
	inviteRate = 20               // a second
	inviteTime = 10 * time.Second // VA_BENCH_TIME
	inviteHold = time.Second      // of a call, so that as many as inviteRate are on the line
)

// BenchmarkInvite measures INVITE to 200 as the caller sees it: authentication,
// dialog, RTP ports and answer, at a steady rate, with the server alone on one
// core. The engine's greeting has no part in it: it is spoken after the answer.
func BenchmarkInvite(b *testing.B) {
	d := duration(b, "VA_BENCH_TIME", inviteTime)
	apart := pinSelf(b)
	for b.Loop() {
		took := measureInvites(b, apart, int(d.Seconds()*inviteRate))
		quantile := func(q float64) float64 { return milliseconds(took[int(q*float64(len(took)-1))]) }
		b.ReportMetric(quantile(.5), "p50-ms")
		b.ReportMetric(quantile(.95), "p95-ms")
		b.ReportMetric(quantile(1), "max-ms")
		b.ReportMetric(0, "ns/op") // not shown: the length is given
	}
}

// measureInvites places calls at the rate and gives the times in order.
func measureInvites(b *testing.B, apart bool, calls int) []time.Duration {
	b.Helper()
	core := -1
	if apart {
		core = servingCore
	}
	p := launch(b, roleSIP, core)
	defer p.stop()
	gateway, err := netip.ParseAddrPort(p.SIP)
	require.NoError(b, err)
	took, errs := make([]time.Duration, calls), make([]error, calls)
	tick := time.NewTicker(time.Second / inviteRate)
	defer tick.Stop()
	var calling sync.WaitGroup
	for i := range calls {
		<-tick.C
		calling.Go(func() { took[i], errs[i] = invite(b.Context(), gateway, i, inviteHold) })
	}
	calling.Wait()
	for _, err := range errs {
		require.NoError(b, err)
	}
	slices.Sort(took)
	return took
}
