package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestTwilioChannelValidate(t *testing.T) {
	t.Parallel()
	token := func(s string) func(c *api.TwilioChannel) {
		return func(c *api.TwilioChannel) { c.AuthenticationToken = s }
	}
	overlap := func(d time.Duration) func(c *api.TwilioChannel) {
		return func(c *api.TwilioChannel) { c.RotationOverlap = new(api.Duration(d)) }
	}
	const (
		hidden  = "hidden-token-0123456789-01234567"
		account = "AC0123456789abcdef0123456789abcdef"
		key     = "SK0123456789abcdef0123456789abcdef"
	)
	tests := []struct {
		name   string
		change func(c *api.TwilioChannel)
		want   []string // fields
	}{
		{"the least", func(*api.TwilioChannel) {}, nil},
		{"shortest token", token(strings.Repeat("a", 32)), nil},
		{"longest token", token(strings.Repeat("a", 512)), nil},
		{"token too short", token(hidden[1:]), []string{"authentication_token"}},
		{"token too long", token(strings.Repeat(hidden, 17)), []string{"authentication_token"}},
		{"token with space", token(hidden + " "), []string{"authentication_token"}},
		{"token with line break", token(hidden + "\n"), []string{"authentication_token"}},
		{"token with NUL", token(hidden + "\x00"), []string{"authentication_token"}},
		{"token beyond ASCII", token(hidden + "é"), []string{"authentication_token"}},
		{"no overlap", overlap(0), nil},
		{"longest overlap", overlap(720 * time.Hour), nil},
		{"overlap too long", overlap(721 * time.Hour), []string{"rotation_overlap"}},
		{"live agent", func(c *api.TwilioChannel) { c.PhoneNumberToLiveAgent = "+14155550123" }, nil},
		{"live agent without plus", func(c *api.TwilioChannel) {
			c.PhoneNumberToLiveAgent = "14155550123"
		}, []string{"phone_number_to_live_agent"}},
		{"account", func(c *api.TwilioChannel) { c.AccountSID = account }, nil},
		{"a key as account", func(c *api.TwilioChannel) { c.AccountSID = key }, []string{"account_sid"}},
		{"account too long", func(c *api.TwilioChannel) { c.AccountSID = account + "0" }, []string{"account_sid"}},
		{"key", func(c *api.TwilioChannel) {
			c.AccountSID, c.APIKeySID, c.APIKeySecret = account, key, hidden
		}, nil},
		{"key whose secret is stored", func(c *api.TwilioChannel) { c.AccountSID, c.APIKeySID = account, key }, nil},
		{"key without account", func(c *api.TwilioChannel) {
			c.APIKeySID, c.APIKeySecret = key, hidden
		}, []string{"account_sid"}},
		{"secret without key", func(c *api.TwilioChannel) {
			c.AccountSID, c.APIKeySecret = account, hidden
		}, []string{"api_key_sid"}},
		{"key of another form", func(c *api.TwilioChannel) {
			c.AccountSID, c.APIKeySID, c.APIKeySecret = account, account, hidden
		}, []string{"api_key_sid"}},
		{"key secret too short", func(c *api.TwilioChannel) {
			c.AccountSID, c.APIKeySID, c.APIKeySecret = account, key, hidden[1:]
		}, []string{"api_key_secret"}},
		{"region and edge", func(c *api.TwilioChannel) { c.Region, c.Edge = "ie1", "dublin" }, nil},
		{"region alone", func(c *api.TwilioChannel) { c.Region = "ie1" }, []string{"edge"}},
		{"edge alone", func(c *api.TwilioChannel) { c.Edge = "sao-paulo" }, []string{"region"}},
		{"a host as region", func(c *api.TwilioChannel) {
			c.Region, c.Edge = "evil.example/", "a.b"
		}, []string{"region", "edge"}},
		{"no assistant", func(c *api.TwilioChannel) { c.AssistantID = "" }, []string{"assistant_id"}},
		{"assistant that is a channel", func(c *api.TwilioChannel) {
			c.AssistantID = "chn_01JD8Z6V5B3W3T1H6R4M0X7Q2N"
		}, []string{"assistant_id"}},
		{"no application", func(c *api.TwilioChannel) { c.ProviderApplication = "" }, []string{"provider_application"}},
		{"application too long", func(c *api.TwilioChannel) {
			c.ProviderApplication = strings.Repeat("a", 81)
		}, []string{"provider_application"}},
		{"name too long", func(c *api.TwilioChannel) { c.Name = strings.Repeat("a", 81) }, []string{"name"}},
		{"everything wrong", func(c *api.TwilioChannel) {
			*c = api.TwilioChannel{PhoneNumberToLiveAgent: "x", AuthenticationToken: "hidden"}
			c.Name = "\n"
			c.RotationOverlap = new(api.Duration(721 * time.Hour))
		}, []string{
			"provider_application", "assistant_id", "name", "rotation_overlap", "phone_number_to_live_agent",
			"authentication_token",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := api.TwilioChannel{}
			c.AssistantID, c.ProviderApplication = "asst_01JD8Z6V5B3W3T1H6R4M0X7Q2N", "shop"
			c.Defaults()
			tt.change(&c)
			errs := c.Validate()
			require.Equal(t, tt.want, fields(errs))
			for _, e := range errs {
				require.NotContains(t, e.Error(), "hidden", "a rule never repeats a secret")
			}
		})
	}
}

func TestChannelDefaults(t *testing.T) {
	t.Parallel()
	var c api.TwilioChannel
	c.Defaults()
	require.True(t, *c.Enabled)
	require.Equal(t, "24h", c.RotationOverlap.String())

	c.Enabled, c.RotationOverlap = new(false), new(api.Duration(0))
	c.Defaults()
	require.False(t, *c.Enabled)
	require.Zero(t, *c.RotationOverlap)
}
