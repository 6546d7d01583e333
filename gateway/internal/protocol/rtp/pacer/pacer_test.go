package pacer_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
)

// ticked is a leg that notes its ticks.
type ticked struct {
	mu   sync.Mutex
	due  []time.Time
	late time.Duration // greatest
	left int           // ticks until it wants no more; 0 = never
	tick func()
}

func (t *ticked) Tick(due time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due = append(t.due, due)
	t.late = max(t.late, time.Since(due))
	if t.tick != nil {
		t.tick()
	}
	t.left--
	return t.left != 0
}

func TestEveryLegIsTickedEvery20ms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pacer.New(2)
		defer p.Close()
		legs := make([]ticked, 320)
		for i := range legs {
			require.NoError(t, p.Add(&legs[i]))
		}
		<-time.After(10 * time.Second)
		synctest.Wait()
		moments := map[time.Duration]int{}
		for i := range legs {
			leg := &legs[i]
			require.InDelta(t, 500, len(leg.due), 1)
			for k := 1; k < len(leg.due); k++ {
				require.Equal(t, pacer.Period, leg.due[k].Sub(leg.due[k-1]))
			}
			require.Zero(t, leg.late)
			moments[leg.due[1].Sub(legs[0].due[0])%pacer.Period]++
		}
		require.Len(t, moments, 20, "spread over the period")
		for at, n := range moments {
			require.Equal(t, 16, n, "legs at %s", at)
		}
	})
}

func TestLostTimeIsSkippedInWholePeriods(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		block time.Duration
		burst int // ticks at the moment the pacer goes on
		skip  time.Duration
	}{
		{"little is made up for", 50 * time.Millisecond, 2, pacer.Period},
		{"much is skipped", 510 * time.Millisecond, 1, 500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := pacer.New(1)
				defer p.Close()
				leg := &ticked{}
				var at []time.Time
				leg.tick = func() {
					at = append(at, time.Now())
					if len(at) == 10 {
						<-time.After(tt.block)
					}
				}
				require.NoError(t, p.Add(leg))
				<-time.After(2 * time.Second)
				synctest.Wait()
				burst := 0
				for _, m := range at[10:] {
					if m.Equal(at[9].Add(tt.block)) {
						burst++
					}
				}
				require.Equal(t, tt.burst, burst)
				for k := 1; k < len(leg.due); k++ {
					want := pacer.Period
					if k == 10 {
						want = tt.skip
					}
					require.Equal(t, want, leg.due[k].Sub(leg.due[k-1]), "tick %d", k)
				}
			})
		})
	}
}

func TestLegsComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pacer.New(3)
		var legs []*ticked
		for i := range 200 {
			leg := &ticked{left: 1 + i%50}
			legs = append(legs, leg)
			require.NoError(t, p.Add(leg))
			<-time.After(3 * time.Millisecond)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		require.Zero(t, p.Len())
		for i, leg := range legs {
			require.Len(t, leg.due, 1+i%50)
		}
		// Nobody is left, so nobody wakes up; the next leg is served at once.
		<-time.After(time.Hour)
		late := &ticked{}
		require.NoError(t, p.Add(late))
		<-time.After(100 * time.Millisecond)
		synctest.Wait()
		require.InDelta(t, 5, len(late.due), 1)
		p.Close()
		n := len(late.due)
		<-time.After(time.Second)
		require.Len(t, late.due, n)
		require.ErrorIs(t, p.Add(late), pacer.ErrClosed)
	})
}

type counted struct{ n atomic.Int64 }

func (c *counted) Tick(time.Time) bool { c.n.Add(1); return true }

// TestRealClock is the same with real time, coarsely: the machine may be busy.
func TestRealClock(t *testing.T) {
	t.Parallel()
	p := pacer.New(1)
	defer p.Close()
	c := &counted{}
	require.NoError(t, p.Add(c))
	require.Eventually(t, func() bool { return c.n.Load() >= 5 }, 5*time.Second, 5*time.Millisecond)
}
