package threeclogic

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Ten thousand messages a second are dropped, and end the call after 30 s; what
// comes in time is not touched by a burst before it.
func testMeter(t *testing.T) {
	var m meter
	now := time.Now()
	taken := 0
	for second := range 31 {
		for n := range 10_000 {
			if m.frame(now.Add(time.Duration(second)*time.Second + time.Duration(n)*100*time.Microsecond)) {
				taken++
			}
		}
		require.Equal(t, second >= 30, m.flooded(), "after %d s", second)
	}
	require.Equal(t, 31*maxFrames, taken)
	require.EqualValues(t, 31*(10_000-maxFrames), m.dropped)

	m = meter{}
	for range 500 { // ten seconds of audio at once
		m.sound(now, 20*time.Millisecond)
	}
	require.Zero(t, m.dropped)
	require.False(t, m.sound(now, 20*time.Millisecond))
	later := now.Add(meterWindow)
	require.True(t, m.sound(later, 20*time.Millisecond))
	require.False(t, m.flooded())
	m.sound(later.Add(time.Minute), time.Minute)
	require.False(t, m.flooded(), "a burst after a long time in order is not a flood")
}
