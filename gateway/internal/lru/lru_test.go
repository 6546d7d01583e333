package lru_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/lru"
)

func TestMap(t *testing.T) {
	t.Parallel()
	m := lru.New[string, int](3)
	made := 0
	get := func(key string) int {
		return m.Get(key, func() int {
			made++
			return made
		})
	}
	require.Equal(t, 1, get("a"))
	require.Equal(t, 1, get("a"), "made once")
	require.Equal(t, 2, get("b"))
	require.Equal(t, 3, get("c"))
	require.Equal(t, 1, get("a"))
	require.Equal(t, 4, get("d"), "b is the oldest now")
	require.Equal(t, 1, get("a"))
	require.Equal(t, 5, get("b"))
	m.Remove("a")
	m.Remove("a")
	require.Equal(t, 2, m.Len())
	require.Equal(t, 6, get("a"))
	for i := range 1000 {
		get(strconv.Itoa(i))
		require.LessOrEqual(t, m.Len(), 3)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	m := lru.New[string, int](2)
	m.Get("a", func() int { return 1 })
	m.Get("b", func() int { return 2 })
	found, ok := m.Find("a")
	require.True(t, ok)
	require.Equal(t, 1, found)
	m.Get("c", func() int { return 3 })
	_, ok = m.Find("b")
	require.False(t, ok, "a was asked for later")
	sum := 0
	m.Each(func(v int) { sum += v })
	require.Equal(t, 4, sum)
}
