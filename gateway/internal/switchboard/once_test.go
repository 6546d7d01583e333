package switchboard

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/store"
)

// What several gateways and a restart make of a value is tested on whole
// gateways, in package server. This is the memory in front of the database.

type useValue func(u store.Use) (bool, error)

func (f useValue) UseValue(_ context.Context, u store.Use, _ time.Time) (bool, error) { return f(u) }

func use(n uint32, life time.Duration) store.Use {
	return store.Use{
		Scope: "nonce", Hash: binary.BigEndian.AppendUint32(nil, n), ExpiresAt: time.Now().Add(life),
	}
}

func newTestUsed(s useValue) *used { return newUsed(s, slog.New(slog.DiscardHandler)) }

func TestUsedAsksTheStoreOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	u := newTestUsed(func(store.Use) (bool, error) { asked++; return asked == 1, nil })
	now := time.Now()
	require.True(t, u.once(t.Context(), use(1, time.Minute), now))
	for range 100 {
		require.False(t, u.once(t.Context(), use(1, time.Minute), now))
	}
	require.Equal(t, 1, asked, "a flood of replays costs the database nothing")

	now = now.Add(2 * time.Minute)
	require.False(t, u.once(t.Context(), use(1, 3*time.Minute), now), "another node has used it meanwhile")
	require.Equal(t, 2, asked, "what has expired here is for the database to know")
	require.False(t, u.once(t.Context(), use(1, 3*time.Minute), now))
	require.Equal(t, 2, asked, "what another node used is remembered, too")

	other := use(1, 3*time.Minute)
	other.Scope = "jti"
	u.once(t.Context(), other, now)
	require.Equal(t, 3, asked, "the same value in another scope")
}

func TestUsedAtOnce(t *testing.T) {
	t.Parallel()
	u := newTestUsed(func(store.Use) (bool, error) { return true, nil })
	var firsts atomic.Int64
	done := make(chan struct{})
	const racers = 16
	for range racers {
		go func() {
			if u.once(t.Context(), use(1, time.Minute), time.Now()) {
				firsts.Add(1)
			}
			done <- struct{}{}
		}()
	}
	for range racers {
		<-done
	}
	require.EqualValues(t, 1, firsts.Load())
}

func TestUsedWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	u := newTestUsed(func(store.Use) (bool, error) { return false, errAway })
	for n := range uint32(maxUsed + 10) {
		require.True(t, u.once(t.Context(), use(n, time.Minute), time.Now()), "calls go on")
	}
	require.False(t, u.once(t.Context(), use(maxUsed, time.Minute), time.Now()), "but nothing is accepted twice here")
	require.Equal(t, maxUsed, u.seen.Len())
}

func TestOnceOfACallerWhoLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&Switchboard{}).Once(ctx, "nonce", "v", time.Minute)
	require.ErrorIs(t, err, context.Canceled)
}
