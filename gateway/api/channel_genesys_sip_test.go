package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestGenesysSIPChannelValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(c *api.GenesysSIPChannel)
		want   []string // fields
	}{
		{"the least", func(*api.GenesysSIPChannel) {}, nil},
		{"no address", func(c *api.GenesysSIPChannel) { c.TransferAddress = "" }, []string{"transfer_address"}},
		{"long user", func(c *api.GenesysSIPChannel) {
			c.TransferAddress = strings.Repeat("a", 17) + "@example.com"
		}, []string{"transfer_address"}},
		{"parameter", func(c *api.GenesysSIPChannel) {
			c.TransferAddress = "agents@example.com;transport=tls"
		}, []string{"transfer_address"}},
		{"SRTP off", func(c *api.GenesysSIPChannel) { c.SRTP = api.SRTPOff }, nil},
		{"SRTP required", func(c *api.GenesysSIPChannel) { c.SRTP = api.SRTPRequired }, nil},
		{"SRTP unknown", func(c *api.GenesysSIPChannel) { c.SRTP = "Required" }, []string{"srtp"}},
		{"common field", func(c *api.GenesysSIPChannel) { c.AssistantID = "x" }, []string{"assistant_id"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := &api.GenesysSIPChannel{Channel: common(), TransferAddress: "+15551234567@example.com"}
			tt.change(c)
			c.Defaults()
			var fields []string
			for _, e := range c.Validate() {
				fields = append(fields, e.Field)
			}
			require.Equal(t, tt.want, fields)
		})
	}
}

func TestGenesysSIPChannelDefaults(t *testing.T) {
	t.Parallel()
	c := &api.GenesysSIPChannel{Channel: common(), TransferMethod: "BYE"}
	c.Defaults()
	require.Equal(t, api.SRTPOptional, c.SRTP)
	require.Equal(t, api.TransferREFER, c.TransferMethod, "nobody chooses it")
	require.True(t, *c.Enabled)
}
