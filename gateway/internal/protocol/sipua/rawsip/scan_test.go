package rawsip_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/rawsip"
)

const options = "OPTIONS sip:va@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"

func TestScan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, data string
		check      func(*testing.T, *rawsip.Head)
	}{
		{"plain", options + "Call-ID: abc\r\nContent-Length: 4\r\n\r\nbody", func(t *testing.T, h *rawsip.Head) {
			require.False(t, h.Response)
			require.Equal(t, "OPTIONS", string(h.Method))
			require.Equal(t, "abc", string(h.CallID))
			require.Equal(t, 4, h.Length)
			require.False(t, h.Ambiguous)
			require.False(t, h.Usable())
		}},
		{"compact names", options + "i: abc\r\nl: 0\r\n\r\n", func(t *testing.T, h *rawsip.Head) {
			require.Equal(t, "abc", string(h.CallID))
			require.Equal(t, 0, h.Length)
		}},
		{"response", "SIP/2.0 200 OK\r\nCall-ID: r\r\n\r\n", func(t *testing.T, h *rawsip.Head) {
			require.True(t, h.Response)
			require.Equal(t, "r", string(h.CallID))
			require.Equal(t, -1, h.Length)
		}},
		{"token good", options + "x-snc-param: secret\r\n\r\n", func(t *testing.T, h *rawsip.Head) {
			require.True(t, h.Usable())
			require.Equal(t, "secret", string(h.Token))
		}},
		{"token other case", options + "X-SNC-Param :\tsecret \r\n\r\n", func(t *testing.T, h *rawsip.Head) {
			require.True(t, h.Usable())
			require.Equal(t, "secret", string(h.Token))
		}},
		{"token absent", options + "\r\n", func(t *testing.T, h *rawsip.Head) { require.False(t, h.Usable()) }},
		{
			"token empty", options + "x-snc-param:\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.False(t, h.Usable()) },
		},
		{
			"token duplicated", options + "x-snc-param: a\r\nX-Snc-Param: a\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.False(t, h.Usable()) },
		},
		{
			"token folded", options + "x-snc-param: a\r\n b\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.False(t, h.Usable()) },
		},
		{
			"another header folded", options + "Subject: a\r\n b\r\nx-snc-param: a\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.True(t, h.Usable()) },
		},
		{
			"token 4 KB", options + "x-snc-param: " + strings.Repeat("a", 4096) + "\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.False(t, h.Usable()) },
		},
		{
			"negative length", options + "Content-Length: -1\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.True(t, h.Ambiguous) },
		},
		{
			"length of 2e9 and more digits", options + "Content-Length: 2000000000\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.True(t, h.Ambiguous) },
		},
		{
			"two lengths", options + "Content-Length: 1\r\nl: 2\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.True(t, h.Ambiguous) },
		},
		{
			"the same length twice", options + "Content-Length: 2\r\nl: 2\r\n\r\n",
			func(t *testing.T, h *rawsip.Head) { require.False(t, h.Ambiguous) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var h rawsip.Head
			require.NoError(t, rawsip.Scan([]byte(c.data), &h))
			require.Equal(t, strings.Index(c.data, "\r\n\r\n")+4, h.Size)
			c.check(t, &h)
		})
	}
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, data string
		err        error
	}{
		{"nothing", "", rawsip.ErrIncomplete},
		{"half a line", "OPTIONS sip:va", rawsip.ErrIncomplete},
		{"half a head", options, rawsip.ErrIncomplete},
		{"CR at the end", options + "a: b\r", rawsip.ErrIncomplete},
		{"CR without LF", options + "a: b\rc\r\n\r\n", rawsip.ErrMalformed},
		{"one word", "hello\r\n\r\n", rawsip.ErrMalformed},
		{"empty first line", "\r\n\r\n", rawsip.ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, rawsip.Scan([]byte(c.data), new(rawsip.Head)), c.err)
		})
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(options + "Call-ID: abc\r\nx-snc-param: a\r\n b\r\nContent-Length: 4\r\n\r\nbody"))
	f.Add([]byte("SIP/2.0 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var h rawsip.Head
		if rawsip.Scan(data, &h) != nil {
			return
		}
		require.LessOrEqual(t, h.Size, len(data))
		require.GreaterOrEqual(t, h.Length, -1)
		if h.Usable() {
			require.LessOrEqual(t, len(h.Token), rawsip.MaxToken)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	data := []byte(options + "Call-ID: abc\r\nx-snc-param: " + strings.Repeat("a", 47) + "\r\nContent-Length: 0\r\n\r\n")
	var h rawsip.Head
	b.ReportAllocs()
	for b.Loop() {
		if err := rawsip.Scan(data, &h); err != nil {
			b.Fatal(err)
		}
	}
}
