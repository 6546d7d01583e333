package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestGenesysAudioConnectorChannelValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, group string
		want        []string // fields
	}{
		{"no group", "", nil},
		{"group", "EU production", nil},
		{"longest group", strings.Repeat("ü", 80), nil},
		{"group too long", strings.Repeat("a", 81), []string{"credential_group"}},
		{"space around the group", " eu", []string{"credential_group"}},
		{"line break in the group", "e\nu", []string{"credential_group"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := api.GenesysAudioConnectorChannel{CredentialGroup: tt.group}
			c.AssistantID, c.ProviderApplication = "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N", "shop"
			c.Defaults()
			require.Equal(t, tt.want, fields(c.Validate()))
		})
	}
}
