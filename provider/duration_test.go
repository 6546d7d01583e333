package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/stretchr/testify/require"
)

func TestDurationMeaning(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"same text", "30m", "30m", true},
		{"seconds", "30m", "1800s", true},
		{"zero minutes", "24h", "24h0m0s", true},
		{"fraction", "1.5s", "1500ms", true},
		{"zero", "0s", "0h", true},
		{"other", "30m", "31m", false},
		{"not a duration", "soon", "soon", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := durationValue{basetypes.NewStringValue(tt.a)}
			b := durationValue{basetypes.NewStringValue(tt.b)}
			same, diags := a.StringSemanticEquals(t.Context(), b)
			require.Empty(t, diags)
			require.Equal(t, tt.same, same)
		})
	}
}
