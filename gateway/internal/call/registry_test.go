package call_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

func TestRegistryCapIsExact(t *testing.T) {
	t.Parallel()
	r := call.NewRegistry(10)
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if err := r.Reserve(strconv.Itoa(i), call.Group{}); err == nil {
				won.Add(1)
			} else if !errors.Is(err, call.ErrFull) {
				t.Errorf("unexpected error: %v", err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int64(10), won.Load())
	require.Equal(t, 10, r.Len())
}

// Both limits hold together: neither is passed, whichever is met first.
func TestGroupCapIsExact(t *testing.T) {
	t.Parallel()
	r := call.NewRegistry(12)
	admitted := map[string]*atomic.Int64{"small": {}, "large": {}, "open": {}}
	limits := map[string]int{"small": 3, "large": 5, "open": 0}
	var wg sync.WaitGroup
	for i := range 100 {
		for name, n := range admitted {
			wg.Go(func() {
				err := r.Reserve(name+strconv.Itoa(i), call.Group{Name: name, Limit: limits[name]})
				switch {
				case err == nil:
					n.Add(1)
				case limits[name] == 0 && !errors.Is(err, call.ErrFull):
					t.Errorf("a group without a limit is never full: %v", err)
				case !errors.Is(err, call.ErrGroupFull) && !errors.Is(err, call.ErrFull):
					t.Errorf("unexpected error: %v", err)
				}
			})
		}
	}
	wg.Wait()
	require.Equal(t, 12, r.Len())
	require.LessOrEqual(t, admitted["small"].Load(), int64(3))
	require.LessOrEqual(t, admitted["large"].Load(), int64(5))
	require.Equal(t, int64(12), admitted["small"].Load()+admitted["large"].Load()+admitted["open"].Load())
}

func TestGroupSlots(t *testing.T) {
	t.Parallel()
	r := call.NewRegistry(4)
	one, two := call.Group{Name: "g", Limit: 1}, call.Group{Name: "g", Limit: 2}
	require.NoError(t, r.Reserve("a", one))
	require.NoError(t, r.Reserve("a", one), "it keeps its slot")
	require.ErrorIs(t, r.Reserve("b", one), call.ErrGroupFull)
	require.NoError(t, r.Reserve("b", two), "the limit was raised")
	require.ErrorIs(t, r.Reserve("c", one), call.ErrGroupFull, "the limit was lowered; both go on")
	require.NoError(t, r.Reserve("c", call.Group{Name: "other", Limit: 1}))
	r.Release("a")
	r.Release("a")
	require.ErrorIs(t, r.Reserve("d", one), call.ErrGroupFull)
	r.Release("b")
	require.NoError(t, r.Reserve("d", one))
	require.NoError(t, r.Reserve("e", call.Group{}))
	require.NoError(t, r.Reserve("f", call.Group{}), "calls without a group have the limit of all only")
	require.ErrorIs(t, r.Reserve("g", call.Group{}), call.ErrFull)
}

func TestRegistrySlots(t *testing.T) {
	t.Parallel()
	r := call.NewRegistry(1)
	s := &call.Session{}
	require.False(t, r.Attach("a", s), "no slot")
	require.NoError(t, r.Reserve("a", call.Group{}))
	require.NoError(t, r.Reserve("a", call.Group{}), "it keeps its slot")
	require.Equal(t, 1, r.Len())
	require.ErrorIs(t, r.Reserve("b", call.Group{}), call.ErrFull)
	require.Nil(t, r.Session("a"))
	require.True(t, r.Attach("a", s))
	require.Same(t, s, r.Session("a"))
	r.Release("a")
	r.Release("a")
	require.Nil(t, r.Session("a"))
	require.NoError(t, r.Reserve("b", call.Group{}))

	r.Drain()
	require.True(t, r.Draining())
	require.NoError(t, r.Reserve("b", call.Group{}), "it has a slot")
	r.Release("b")
	require.ErrorIs(t, r.Reserve("b", call.Group{}), call.ErrDraining)
	require.ErrorIs(t, call.NewRegistry(0).Reserve("a", call.Group{}), call.ErrFull)
}

func TestRegistryWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := call.NewRegistry(2)
		require.NoError(t, r.Wait(t.Context()))
		require.NoError(t, r.Reserve("a", call.Group{}))
		require.NoError(t, r.Reserve("b", call.Group{}))
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.Wait(short), context.DeadlineExceeded)
		done := make(chan error, 1)
		go func() { done <- r.Wait(t.Context()) }()
		r.Release("a")
		synctest.Wait()
		require.Empty(t, done)
		r.Release("b")
		require.NoError(t, <-done)
	})
}

func TestStopAllRunsTheFallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := call.NewRegistry(3)
		var calls []*running
		for _, id := range []string{"early", "late", "never"} {
			require.NoError(t, registry.Reserve(id, call.Group{}))
			if id == "early" {
				c := run(t, newLeg(), &fakeEngine{}, func(s *call.Session) {
					s.LiveAgent, s.Limits.FallbackToLiveAgent = "+1555", true
				})
				require.True(t, registry.Attach(id, c.session))
				calls = append(calls, c)
			}
		}
		registry.StopAll(call.ReasonDrainTimeout)
		late := run(t, newLeg(), &fakeEngine{}, func(s *call.Session) { registry.Attach("late", s) })
		for _, c := range append(calls, late) {
			require.Equal(t, call.ReasonDrainTimeout, c.wait().Reason)
		}
		require.Equal(t, &call.Target{Destination: "+1555"}, calls[0].result.Transfer)
		require.Equal(t, call.OutcomeFallback, late.result.Outcome)
	})
}
