package digest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
)

func TestNonces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := digest.NewNonces()
		one, other := n.Make(), n.Make()
		require.NotEqual(t, one, other)
		require.Equal(t, digest.Fresh, n.Use(one, 1))
		require.Equal(t, digest.Replays, n.Use(one, 1), "SIP-06 replay")
		require.Equal(t, digest.Fresh, n.Use(one, 3))
		require.Equal(t, digest.Replays, n.Use(one, 2))
		require.Equal(t, digest.Fresh, n.Use(other, 1))

		<-time.After(50 * time.Second)
		late := n.Make()
		require.Equal(t, digest.Fresh, n.Use(late, 1))
		<-time.After(10 * time.Second)
		require.Equal(t, digest.Stale, n.Use(one, 4), "a minute is over")
		<-time.After(40 * time.Second)
		require.Equal(t, digest.Replays, n.Use(late, 1), "remembered as long as it is valid")
		require.Equal(t, digest.Fresh, n.Use(late, 2))
		<-time.After(10 * time.Second)
		require.Equal(t, digest.Stale, n.Use(late, 3))

		for _, foreign := range []string{
			"", "guess", "*", strings.Repeat("A", 43), digest.NewNonces().Make(), n.Make() + "A", n.Make()[:40],
		} {
			require.Equal(t, digest.Stale, n.Use(foreign, 1), foreign)
		}
	})
}

func TestTooManyNonces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := digest.NewNonces()
		first, unused := n.Make(), n.Make()
		require.Equal(t, digest.Fresh, n.Use(first, 1))
		for range 16_383 {
			require.Equal(t, digest.Fresh, n.Use(n.Make(), 1))
		}
		<-time.After(time.Nanosecond)
		require.Equal(t, digest.Stale, n.Use(first, 1), "no replay, although it was forgotten")
		require.Equal(t, digest.Stale, n.Use(unused, 1))
		require.Equal(t, digest.Fresh, n.Use(n.Make(), 1))
	})
}
