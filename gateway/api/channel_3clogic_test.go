package api_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestThreeCLogicChannelValidate(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range api.MaxAttributes + 1 {
		many = append(many, "a"+strconv.Itoa(i))
	}
	for _, tt := range []struct {
		name   string
		change func(c *api.ThreeCLogicChannel)
		want   []string // fields
	}{
		{"the least", func(*api.ThreeCLogicChannel) {}, nil},
		{"protocol", func(c *api.ThreeCLogicChannel) { c.Protocol = "sip" }, []string{"protocol"}},
		{"byte order", func(c *api.ThreeCLogicChannel) { c.L16ByteOrder = "middle" }, []string{"l16_byte_order"}},
		{"method", func(c *api.ThreeCLogicChannel) { c.AuthMethods = []string{"none"} }, []string{"auth_methods"}},
		{"method twice", func(c *api.ThreeCLogicChannel) {
			c.AuthMethods = []string{"basic", "basic"}
		}, []string{"auth_methods"}},
		{"tickets that nobody can get", func(c *api.ThreeCLogicChannel) {
			c.AuthMethods = []string{"ticket"}
		}, []string{"auth_methods"}},
		{"all methods", func(c *api.ThreeCLogicChannel) {
			c.AuthMethods = []string{"bearer", "basic", "headers", "ticket"}
		}, nil},
		{"attributes", func(c *api.ThreeCLogicChannel) { c.AttributeAllowList = []string{"a", "b.c-d_1"} }, nil},
		{"attribute with a line break", func(c *api.ThreeCLogicChannel) {
			c.AttributeAllowList = []string{"a\n"}
		}, []string{"attribute_allow_list"}},
		{"attribute twice", func(c *api.ThreeCLogicChannel) {
			c.AttributeAllowList = []string{"a", "a"}
		}, []string{"attribute_allow_list"}},
		{"many attributes", func(c *api.ThreeCLogicChannel) {
			c.AttributeAllowList = many
		}, []string{"attribute_allow_list"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := &api.ThreeCLogicChannel{Channel: api.Channel{
				AssistantID: "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N", ProviderApplication: "p",
			}}
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
