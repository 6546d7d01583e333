package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestSIPChannelValidate(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range api.MaxDialInNumbers + 1 {
		many = append(many, fmt.Sprintf("+1415555%04d", i))
	}
	for _, tt := range []struct {
		name   string
		change func(c *api.SIPChannel)
		want   []string // fields
	}{
		{"the least", func(*api.SIPChannel) {}, nil},
		{"method", func(c *api.SIPChannel) { c.TransferMethod = "INFO" }, []string{"transfer_method"}},
		{"REFER", func(c *api.SIPChannel) {
			c.TransferMethod, c.TransferAddress = api.TransferREFER, "agents@example.com"
		}, nil},
		{"REFER nowhere", func(c *api.SIPChannel) { c.TransferMethod = api.TransferREFER }, []string{"transfer_address"}},
		{"REFER with a parameter", func(c *api.SIPChannel) {
			c.TransferMethod, c.TransferAddress = api.TransferREFER, "agents@example.com;transport=tcp"
		}, []string{"transfer_address"}},
		{"BYE to an address", func(c *api.SIPChannel) {
			c.TransferMethod, c.TransferAddress = api.TransferBYE, "agents@example.com"
		}, []string{"transfer_address"}},
		{"an address without a method", func(c *api.SIPChannel) {
			c.TransferAddress = "agents@example.com"
		}, []string{"transfer_address"}},
		{"User-to-User", func(c *api.SIPChannel) { c.ContextHeader = api.ContextUserToUser }, nil},
		{"no context", func(c *api.SIPChannel) { c.ContextHeader = api.ContextNone }, nil},
		{"another header", func(c *api.SIPChannel) { c.ContextHeader = "Subject" }, []string{"context_header"}},
		{"SRTP unknown", func(c *api.SIPChannel) { c.SRTP = "on" }, []string{"srtp"}},
		{"numbers", func(c *api.SIPChannel) {
			c.DialInNumbers, c.AllowedSourceCIDRs = many[:api.MaxDialInNumbers], []string{"192.0.2.0/24"}
		}, nil},
		{"numbers from anywhere", func(c *api.SIPChannel) { c.DialInNumbers = many[:1] }, []string{"allowed_source_cidrs"}},
		{"too many numbers", func(c *api.SIPChannel) {
			c.DialInNumbers, c.AllowedSourceCIDRs = many, []string{"192.0.2.0/24"}
		}, []string{"dial_in_numbers"}},
		{"number twice", func(c *api.SIPChannel) {
			c.DialInNumbers, c.AllowedSourceCIDRs = []string{many[0], many[0]}, []string{"192.0.2.0/24"}
		}, []string{"dial_in_numbers"}},
		{"number without +", func(c *api.SIPChannel) {
			c.DialInNumbers, c.AllowedSourceCIDRs = []string{"14155550123"}, []string{"192.0.2.0/24"}
		}, []string{"dial_in_numbers"}},
		{"number with a line break", func(c *api.SIPChannel) {
			c.DialInNumbers, c.AllowedSourceCIDRs = []string{"+14155550123\n"}, []string{"192.0.2.0/24"}
		}, []string{"dial_in_numbers"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := &api.SIPChannel{Channel: common()}
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

func TestSIPChannelDefaults(t *testing.T) {
	t.Parallel()
	c := &api.SIPChannel{Channel: common()}
	c.Defaults()
	require.Equal(t, []string{api.TransferBYE, api.ContextXSNC, api.SRTPOptional},
		[]string{c.TransferMethod, c.ContextHeader, c.SRTP})
}
