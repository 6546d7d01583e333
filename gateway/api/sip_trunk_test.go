package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func common() api.Channel {
	return api.Channel{AssistantID: "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N", ProviderApplication: "p"}
}

func TestAllowedSourceCIDRs(t *testing.T) {
	t.Parallel()
	var most []string
	for i := range api.MaxSourceCIDRs {
		most = append(most, fmt.Sprintf("198.51.100.%d/32", i))
	}
	for _, tt := range []struct {
		name  string
		cidrs []string
		want  []string // in the errors, in order
	}{
		{"none", nil, nil},
		{"networks", []string{"203.0.113.0/24", "10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "2001:db8::1/128"}, nil},
		{"as many as allowed", most, nil},
		{"too many", append(most, "192.0.2.1/32"), []string{"257 networks are more than 256"}},
		{"everything", []string{"0.0.0.0/0"}, []string{"leave allowed_source_cidrs out to accept any source"}},
		{"everything of IPv6", []string{"::/0"}, []string{"leave allowed_source_cidrs out to accept any source"}},
		{"half of everything", []string{"0.0.0.0/1", "128.0.0.0/1"}, []string{"wider than /8", "wider than /8"}},
		{"much of IPv6", []string{"2000::/3"}, []string{"wider than /16"}},
		{"prefix too long", []string{"0.0.0.0/33"}, []string{`"0.0.0.0/33" is no network`}},
		{"address", []string{"192.0.2.1"}, []string{`write "192.0.2.1/32"`}},
		{"address of IPv6", []string{"2001:db8::1"}, []string{`write "2001:db8::1/128"`}},
		{"bits beyond the prefix", []string{"203.0.113.7/24"}, []string{
			`the network is "203.0.113.0/24", the one address "203.0.113.7/32"`,
		}},
		{"other spelling", []string{"2001:DB8:0::/32"}, []string{`is written "2001:db8::/32"`}},
		{"IPv4 in IPv6", []string{"::ffff:192.0.2.0/120"}, []string{"in its own form"}},
		{"zone", []string{"fe80::1%eth0/64", "fe80::1%eth0"}, []string{"is no network", "is no network"}},
		{"twice", []string{"192.0.2.0/24", "192.0.2.0/24"}, []string{"is given twice"}},
		{"name", []string{"example.com"}, []string{"is no network"}},
		{"empty", []string{""}, []string{"is no network"}},
		{"line break", []string{"192.0.2.0/24\n"}, []string{"is no network"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			genesys := &api.GenesysSIPChannel{Channel: common(), TransferAddress: "agents@example.com"}
			genesys.AllowedSourceCIDRs = tt.cidrs
			other := &api.SIPChannel{Channel: common()}
			other.AllowedSourceCIDRs = tt.cidrs
			for _, c := range []api.ChannelBody{genesys, other} {
				c.Defaults()
				errs := c.Validate()
				require.Len(t, errs, len(tt.want))
				for i, e := range errs {
					require.Equal(t, "allowed_source_cidrs", e.Field)
					require.Contains(t, e.Message, tt.want[i])
				}
			}
		})
	}
}
