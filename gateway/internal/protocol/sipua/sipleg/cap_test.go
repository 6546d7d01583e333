package sipleg_test

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/phone"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// TestCap offers half as many calls again as are allowed, all at once, while
// those that came before are talking.
func TestCap(t *testing.T) {
	t.Parallel()
	const allowed, offered = 20, 30
	for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
		t.Run("SIP-10 150 % of the cap over "+string(transport), func(t *testing.T) {
			t.Parallel()
			r := startAt(t, loopback, sipleg.Ways{}, &trunk.Trunk{
				Kind: "sip", ID: "chn_1", Active: true, Numbers: []string{"+15551230000"},
				Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			}, func(c *sipua.Config) { c.MaxCalls = allowed })
			config := r.config(transport)
			config.Headers = nil
			var refused, others atomic.Int32
			var calling sync.WaitGroup
			talking := make(chan talk, offered)
			for range offered {
				calling.Go(func() {
					p, err := phone.Dial(t.Context(), config)
					var rejected *phone.RejectedError
					switch {
					case err == nil:
						talking <- converse(p)
					case errors.As(err, &rejected) && rejected.Status == 503 && rejected.RetryAfter == "5":
						refused.Add(1)
					default:
						others.Add(1)
					}
				})
			}
			calling.Wait()
			close(talking)
			require.Equal(t, int32(offered-allowed), refused.Load())
			require.Zero(t, others.Load())
			require.Equal(t, allowed, r.Calls())
			require.Len(t, talking, allowed)
			<-time.After(time.Second) // in which they talk
			for one := range talking {
				one.over(t)
			}
			for range allowed {
				s := <-r.stats
				require.NotZero(t, s.Received)
				require.Zero(t, s.Lost, "%+v", s)
			}
			require.Eventually(t, func() bool { return r.Calls() == 0 }, patience, time.Millisecond)
			p := r.dial(config) // there is room again
			require.NoError(t, p.Hangup(t.Context()))
		})
	}
}

// talk is a call that speaks and listens until it is over.
type talk struct {
	call *phone.Call
	stop chan struct{}
	busy *sync.WaitGroup
}

func converse(p *phone.Call) talk {
	k := talk{call: p, stop: make(chan struct{}), busy: new(sync.WaitGroup)}
	k.busy.Go(func() {
		_ = p.Media().Play(func(time.Time, []byte) bool { // ends with the media
			select {
			case <-k.stop:
				return false
			default:
				return true
			}
		})
	})
	k.busy.Go(func() {
		for {
			if _, err := p.Media().Next(); err != nil {
				return
			}
		}
	})
	return k
}

// over hangs up and looks at what was heard.
func (k talk) over(t *testing.T) {
	t.Helper()
	close(k.stop)
	require.NoError(t, k.call.Hangup(t.Context()))
	k.call.Close()
	k.busy.Wait()
	s := k.call.Media().Stats()
	require.NotZero(t, s.Received)
	require.Zero(t, s.Lost, "%+v", s)
}
