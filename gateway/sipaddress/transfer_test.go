package sipaddress_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/sipaddress"
)

func TestCheckTransfer(t *testing.T) {
	t.Parallel()
	user, domain := strings.Repeat("a", sipaddress.MaxUser), strings.Repeat("a", sipaddress.MaxDomain)
	for _, tt := range []struct {
		name, address, want string // what the error says; "" for a good address
	}{
		{"name", "agents@example.com", ""},
		{"number", "+15551234567@example.byoc.usw2.pure.cloud", ""},
		{"longest number", "+123456789012345@192.0.2.1", ""},
		{"longest", user + "@" + domain, ""},
		{"marks", "a._~!$&*()'-@example.com", ""},
		{"user of 17 characters", user + "a@example.com", `has 17 characters, more than 16`},
		{"domain of 257 characters", "a@" + domain + "a", `has 257 characters, more than 256`},
		{"no domain", "agents", "user@domain"},
		{"no user", "@example.com", "user@domain"},
		{"empty domain", "agents@", "user@domain"},
		{"empty", "", "user@domain"},
		{"scheme", "sip:agents@example.com", "without the scheme"},
		{"secure scheme", "sips:agents@example.com", "without the scheme"},
		{"parameter", "agents@example.com;transport=tcp", "URI parameters"},
		{"parameter of the user", "agents;x=y@example.com", "URI parameters"},
		{"header", "agents@example.com?a=b", "URI parameters and headers"},
		{"port", "agents@example.com:5060", "without a port"},
		{"IPv6", "agents@[2001:db8::1]", "no host name or IPv4 address"},
		{"two at signs", "agents@a@b", "no host name"},
		{"trailing dot", "agents@example.com.", "no host name"},
		{"line break", "agents@example.com\r\nBcc: x", "no host name"},
		{"trailing line break", "agents@example.com\n", "no host name"},
		{"line break in the user", "agents\r\n@example.com", "user part"},
		{"bracket", "a>b@example.com", "user part"},
		{"quote", `a"b@example.com`, "user part"},
		{"NUL", "a\x00@example.com", "user part"},
		{"escape", "a%0d@example.com", "user part"},
		{"not ASCII", "jürgen@example.com", "user part"},
		{"domain not ASCII", "agents@exämple.com", "no host name"},
	} {
		t.Run("SIP-20 "+tt.name, func(t *testing.T) {
			t.Parallel()
			err := sipaddress.CheckTransfer(tt.address)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			require.Less(t, len(err.Error()), 300)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}
