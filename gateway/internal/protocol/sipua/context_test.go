package sipua_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

func TestUserToUser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, header, want string }{
		{"SIP-09 hex", "69643D37;encoding=hex", "id=7"},
		{"SIP-09 hex without a parameter", "69643d37", "id=7"},
		{"SIP-09 text", "id=7&name=x", "id=7&name=x"},
		{"SIP-09 text that says so", "6964;encoding=ascii", "6964"},
		{"SIP-09 a protocol in front", "0069643D37;encoding=hex", "id=7"},
		{"SIP-09 another protocol in front", "0469643D37;pd=04;encoding=hex", "id=7"},
		{"SIP-09 quoted", `"id=7"`, "id=7"},
		{"SIP-09 1,024 characters", strings.Repeat("61", 1024) + ";encoding=hex", strings.Repeat("a", 1024)},
		{"SIP-09 more", strings.Repeat("61", 1025) + ";encoding=hex", ""},
		{"SIP-09 much more", strings.Repeat("61", 10_000), ""},
		{"no text", "FFFE", ""},
		{"a zero byte", "61006100", ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, sipua.DecodeUserToUser(c.header))
		})
	}
}

func TestPassed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"none", nil, ""},
		{"a context header first", []string{"User-to-User: 6964", "x-snc-context: token"}, "token"},
		{"ours before that", []string{"x-snc-context: token", "X-VA-Context: mine"}, "mine"},
		{"User-to-User", []string{"User-to-User: 69643D37;encoding=hex"}, "id=7"},
		{"SIP-09 a longer one is not read", []string{"x-snc-context: " + strings.Repeat("a", 1025)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, options{})
			r.dial(sipua.UDP).dialog().establish(c.headers...)
			require.Equal(t, c.want, r.call().Passed())
		})
	}
}

func FuzzUserToUser(f *testing.F) {
	f.Add("69643D37;encoding=hex")
	f.Add(`"text";encoding=ascii`)
	f.Fuzz(func(t *testing.T, header string) {
		got := sipua.DecodeUserToUser(header)
		require.LessOrEqual(t, len(got), 1024)
		require.True(t, utf8.ValidString(got))
		require.NotContains(t, got, "\x00")
	})
}

func FuzzSipfrag(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\n"))
	f.Add([]byte("SIP/2.0 100"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if n := sipua.Sipfrag(body); n != 0 {
			require.GreaterOrEqual(t, n, 100)
			require.LessOrEqual(t, n, 699)
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("id=7&x;\r\n<>\"")
	f.Fuzz(func(t *testing.T, s string) {
		require.NotContains(t, sipua.Escape(s), "\r")
		require.NotContains(t, sipua.Escape(s), ">")
		require.NotContains(t, sipua.Escape(s), ";")
	})
}
