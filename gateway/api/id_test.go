package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestValidID(t *testing.T) {
	t.Parallel()
	const ulid = "01JD8Z6V5B3W3T1H6R4M0X7Q2N"
	tests := []struct {
		name, id string
		ok       bool
	}{
		{"an id", "chn_" + ulid, true},
		{"the first", "chn_00000000000000000000000000", true},
		{"the last", "chn_7ZZZZZZZZZZZZZZZZZZZZZZZZZ", true},
		{"beyond 128 bits", "chn_80000000000000000000000000", false},
		{"of another kind", "asst_" + ulid, false},
		{"no prefix", ulid, false},
		{"prefix twice", "chn_chn_" + ulid, false},
		{"prefix in capitals", "CHN_" + ulid, false},
		{"small letters", "chn_" + strings.ToLower(ulid), false},
		{"letters that ULIDs avoid", "chn_01JD8Z6V5B3W3T1H6R4M0X7QIL", false},
		{"too short", "chn_" + ulid[1:], false},
		{"too long", "chn_" + ulid + "0", false},
		{"empty", "", false},
		{"prefix alone", "chn_", false},
		{"path", "chn_../../../v1/tokens/000000000", false},
		{"slash", "chn_01JD8Z6V5B/3T1H6R4M0X7Q2N0", false},
		{"escaped slash", "chn_%2f1JD8Z6V5B3W3T1H6R4M0X7Q", false},
		{"line break", "chn_" + ulid[:25] + "\n", false},
		{"line break at the end", "chn_" + ulid + "\n", false},
		{"space", " chn_" + ulid, false},
		{"beyond ASCII", "chn_" + ulid[:24] + "é", false},
		{"ten kilobytes", "chn_" + strings.Repeat("0", 10<<10), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.ok, api.ValidID(api.PrefixChannel, tt.id))
		})
	}
}
