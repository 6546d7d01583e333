package api_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     time.Duration
		out      string
	}{
		{"zero", "0s", 0, "0s"},
		{"zero without unit", "0", 0, "0s"},
		{"seconds", "30s", 30 * time.Second, "30s"},
		{"seconds that are minutes", "1800s", 30 * time.Minute, "30m"},
		{"minutes that are hours", "90m", 90 * time.Minute, "1h30m"},
		{"hours", "24h", 24 * time.Hour, "24h"},
		{"long form", "24h0m0s", 24 * time.Hour, "24h"},
		{"ten minutes keep their zero", "10m", 10 * time.Minute, "10m"},
		{"ten hours and ten minutes", "10h10m", 610 * time.Minute, "10h10m"},
		{"hours and seconds", "1h0m1s", time.Hour + time.Second, "1h0m1s"},
		{"ten seconds keep their zero", "1m10s", 70 * time.Second, "1m10s"},
		{"milliseconds", "100ms", 100 * time.Millisecond, "100ms"},
		{"fraction", "0.7s", 700 * time.Millisecond, "700ms"},
		{"microseconds", "5us", 5 * time.Microsecond, "5µs"},
		{"the longest", "2562047h47m16.854775807s", math.MaxInt64, "2562047h47m16.854775807s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := api.ParseDuration(tt.in)
			require.NoError(t, err)
			require.Equal(t, api.Duration(tt.want), d)
			require.Equal(t, tt.out, d.String())

			text, err := json.Marshal(d)
			require.NoError(t, err)
			require.JSONEq(t, `"`+tt.out+`"`, string(text))
			var back api.Duration
			require.NoError(t, json.Unmarshal(text, &back))
			require.Equal(t, d, back)
		})
	}
}

func TestDurationRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "30", "-1s", "1d", "one hour", "1h ", "1h\n", "9999999h", "1e3s", "∞"} {
		_, err := api.ParseDuration(in)
		require.Error(t, err, "%q", in)
		var d api.Duration
		text, err := json.Marshal(in)
		require.NoError(t, err)
		require.Error(t, json.Unmarshal(text, &d), "%q", in)
	}
	var d api.Duration
	require.Error(t, json.Unmarshal([]byte("30"), &d), "a number has no unit")
}

// FuzzDuration: what is accepted keeps its value through its own spelling.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"0", "30s", "1h0m1s", "0.1us", "2562047h47m16.854775807s", "-0s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		d, err := api.ParseDuration(in)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, d, api.Duration(0))
		back, err := api.ParseDuration(d.String())
		require.NoError(t, err)
		require.Equal(t, d, back)
		require.LessOrEqual(t, len(d.String()), len(time.Duration(d).String()))
	})
}
