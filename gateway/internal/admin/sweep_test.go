package admin

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// What is remembered of tokens does not grow with their number; an allowance
// that was used up is not given back early.
func TestSweep(t *testing.T) {
	t.Parallel()
	a := &Admin{reads: map[string]*rate.Limiter{}, touched: map[string]time.Time{
		"old": time.Now().Add(-touchEvery), "new": time.Now(),
	}}
	a.readLimiter("unused")
	for a.readLimiter("used").Allow() {
		continue
	}
	a.Sweep()
	require.Equal(t, []string{"used"}, slices.Collect(maps.Keys(a.reads)))
	require.Equal(t, []string{"new"}, slices.Collect(maps.Keys(a.touched)))
	require.False(t, a.readLimiter("used").Allow())
}
