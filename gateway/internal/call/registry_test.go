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
			if err := r.Reserve(strconv.Itoa(i)); err == nil {
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

func TestRegistrySlots(t *testing.T) {
	t.Parallel()
	r := call.NewRegistry(1)
	s := &call.Session{}
	require.False(t, r.Attach("a", s), "no slot")
	require.NoError(t, r.Reserve("a"))
	require.NoError(t, r.Reserve("a"), "it keeps its slot")
	require.Equal(t, 1, r.Len())
	require.ErrorIs(t, r.Reserve("b"), call.ErrFull)
	require.Nil(t, r.Session("a"))
	require.True(t, r.Attach("a", s))
	require.Same(t, s, r.Session("a"))
	r.Release("a")
	r.Release("a")
	require.Nil(t, r.Session("a"))
	require.NoError(t, r.Reserve("b"))

	r.Drain()
	require.True(t, r.Draining())
	require.NoError(t, r.Reserve("b"), "it has a slot")
	r.Release("b")
	require.ErrorIs(t, r.Reserve("b"), call.ErrDraining)
	require.ErrorIs(t, call.NewRegistry(0).Reserve("a"), call.ErrFull)
}

func TestRegistryWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := call.NewRegistry(2)
		require.NoError(t, r.Wait(t.Context()))
		require.NoError(t, r.Reserve("a"))
		require.NoError(t, r.Reserve("b"))
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
			require.NoError(t, registry.Reserve(id))
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
