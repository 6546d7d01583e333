package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

func TestCheckDialTargetPRD12(t *testing.T) {
	t.Parallel()
	host := strings.Repeat("a", 247)
	tests := []struct {
		name, target string
		ok           bool
	}{
		{"a number", "+14155550123", true},
		{"the longest number", "+123456789012345", true},
		{"the shortest number", "+12", true},
		{"a URI", "sip:desk@example.com", true},
		{"a URI with port", "sip:desk@example.com:5061", true},
		{"the highest port", "sip:desk@example.com:65535", true},
		{"a secure URI", "sips:desk@example.com", true},
		{"an address", "sip:+14155550123@192.0.2.7", true},
		{"the longest URI", "sip:a@" + host + ".b", true},

		{"too long a URI", "sip:a@" + host + ".bc", false},
		{"too many digits", "+1234567890123456", false},
		{"one digit", "+1", false},
		{"leading zero", "+04155550123", false},
		{"no plus", "14155550123", false},
		{"spaces", "+1 415 555 0123", false},
		{"digits of another script", "+1٤١٥٥٥٥٠١٢٣", false},
		{"line break after", "+14155550123\n", false},
		{"line break before", "\n+14155550123", false},
		{"empty", "", false},
		{"markup", `+14155550123"/><Dial>+19005550123</Dial>`, false},
		{"a comma", "+14155550123,+19005550123", false},
		{"parameters", "sip:desk@example.com;transport=tcp", false},
		{"parameters of the user", "sip:desk;phone-context=x@example.com", false},
		{"headers", "sip:desk@example.com?Replaces=1", false},
		{"password", "sip:desk:word@example.com", false},
		{"no user", "sip:example.com", false},
		{"empty user", "sip:@example.com", false},
		{"no host", "sip:desk@", false},
		{"two hosts", "sip:desk@example.com@example.org", false},
		{"a host that ends in a dot", "sip:desk@example.com.", false},
		{"a host that starts with a hyphen", "sip:desk@-example.com", false},
		{"port without digits", "sip:desk@example.com:", false},
		{"port above the highest", "sip:desk@example.com:65536", false},
		{"port zero", "sip:desk@example.com:0", false},
		{"port with many digits", "sip:desk@example.com:123456", false},
		{"angle brackets", "<sip:desk@example.com>", false},
		{"a quote", "sip:it's@example.com", false},
		{"name", `"Desk" <sip:desk@example.com>`, false},
		{"header after a line break", "sip:desk@example.com\r\nVia: x", false},
		{"escaped line break", "sip:desk%0d%0a@example.com", false},
		{"beyond ASCII", "sip:desk@exämple.com", false},
		{"another scheme", "tel:+14155550123", false},
		{"scheme in capitals", "SIP:desk@example.com", false},
		{"a web address", "https://example.com/", false},
		{"a scheme that only begins like it", "sipx:desk@example.com", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := api.CheckDialTarget(tt.target)
			if !tt.ok {
				require.Error(t, err)
				require.NotContains(t, err.Error(), "\n")
				return
			}
			require.NoError(t, err)
			require.Equal(t, strings.HasPrefix(tt.target, "sip"), api.IsSIPURI(tt.target))
		})
	}
}

// FuzzCheckDialTarget: nothing that is accepted can leave the place where it
// is written, be it an attribute of XML or a SIP header.
func FuzzCheckDialTarget(f *testing.F) {
	for _, s := range []string{
		"+14155550123", "sip:desk@example.com:5061", "sips:a&b@example.com", "sip:desk@example.com;transport=tcp",
		"sip:desk@example.com\r\nVia: x", `"><Hangup/>`, "sip:it's@example.com",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, target string) {
		if api.CheckDialTarget(target) != nil {
			return
		}
		require.LessOrEqual(t, len(target), api.MaxSIPURI)
		require.False(t, strings.ContainsAny(target, "\r\n\"'<>;?%\x00 "), "%q", target)
		for _, b := range []byte(target) {
			require.True(t, b > ' ' && b <= '~', "%q", target)
		}
	})
}
