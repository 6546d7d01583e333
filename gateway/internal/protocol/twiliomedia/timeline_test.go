package twiliomedia_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
)

const frame = 20 * time.Millisecond

func TestTimeline(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		next    int64 // timestamp of the second frame, ms; the first ends at 120
		missing time.Duration
	}{
		{"no gap", 120, 0},
		{"jitter", 219, 0},
		{"five frames", 220, 100 * time.Millisecond},
		{"two seconds", 2120, 2 * time.Second},
		{"a minute", 60_120, 10 * time.Second},
		{"no timestamp", twiliomedia.Absent, 0},
		{"the largest timestamp", 1e15 - 1, 10 * time.Second},
		{"back to zero", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var line twiliomedia.Timeline
			require.Zero(t, line.Missing(100, frame), "a stream need not start at 0")
			require.Equal(t, tt.missing, line.Missing(tt.next, frame))
			require.Zero(t, line.Missing(twiliomedia.Absent, frame))
			require.Zero(t, line.Missing(max(tt.next, 0)+40, frame), "whatever came, the next frame follows it")
		})
	}
}

// A frame lost now and then is made up for every fifth time; a clock that
// wavers is not.
func TestSmallGapsAddUp(t *testing.T) {
	t.Parallel()
	var line, steady twiliomedia.Timeline
	missing := time.Duration(0)
	for n := range int64(60) {
		missing += line.Missing(n*40, frame) // every other frame is lost
		require.Zero(t, steady.Missing(n*20+n%2*50, frame))
	}
	require.Equal(t, 11*100*time.Millisecond, missing)
}
