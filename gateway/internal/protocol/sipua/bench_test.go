package sipua_test

import (
	"slices"
	"testing"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// BenchmarkInvite measures INVITE to 200 over UDP, one call after the other,
// with authentication and without media.
func BenchmarkInvite(b *testing.B) {
	r := start(b, options{edit: func(c *sipua.Config) { c.Rate, c.Burst = 1e6, 1e6 }})
	p := r.dial(sipua.UDP)
	go func() {
		for range r.calls {
			continue
		}
	}()
	defer close(r.calls)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		d := p.dialog()
		begin := time.Now()
		d.say("INVITE", offer, "x-snc-param: "+token)
		res := d.response(200)
		took = append(took, time.Since(begin))
		d.answered(res)
		d.say("ACK", "")
		d.say("BYE", "")
		d.response(200)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}
