package audio_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

func TestLevels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		samples   []int16
		rms, peak float64
	}{
		{"nothing", nil, audio.Silent, audio.Silent},
		{"zeros", make([]int16, 160), audio.Silent, audio.Silent},
		{"full scale", []int16{math.MinInt16, math.MinInt16}, 0, 0},
		{"sine", tone(8000, 1000, 1, 8000), -3.01, 0},
		{"half a sine", tone(8000, 1000, 0.5, 8000), -9.03, -6.02},
		{"one step", []int16{1, -1}, -90.31, -90.31},
		{"a sparse step", append(make([]int16, 159), 1), audio.Silent, -90.31},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.InDelta(t, tt.rms, audio.RMS(tt.samples), 0.01)
			require.InDelta(t, tt.peak, audio.Peak(tt.samples), 0.01)
		})
	}
}
