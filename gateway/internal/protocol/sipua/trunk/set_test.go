package trunk_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func set() *trunk.Set {
	return trunk.NewSet([]*trunk.Trunk{
		{ID: "open", Tokens: []secret.Value{secret.New("new"), secret.New("old")}},
		{
			ID: "listed", Tokens: []secret.Value{secret.New("listed")},
			Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24"), netip.MustParsePrefix("2001:db8::/32")},
		},
		{ID: "number", Sources: []netip.Prefix{netip.MustParsePrefix("198.51.100.9/32")}, Numbers: []string{"+15551234567"}},
	})
}

func TestToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, token, want string }{
		{"current", "new", "open"},
		{"replaced", "old", "open"},
		{"another trunk", "listed", "listed"},
		{"wrong", "nev", ""},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := set().Token(c.token)
			if c.want == "" {
				require.Nil(t, found)
				return
			}
			require.Equal(t, c.want, found.ID)
		})
	}
}

func TestListed(t *testing.T) {
	t.Parallel()
	s := set()
	for _, c := range []struct {
		name, address string
		want          bool
	}{
		{"in the network", "192.0.2.200", true},
		{"mapped into IPv6", "::ffff:192.0.2.200", true},
		{"IPv6", "2001:db8:1::1", true},
		{"one address", "198.51.100.9", true},
		{"its neighbour", "198.51.100.10", false},
		{"elsewhere", "203.0.113.1", false},
		{"elsewhere in IPv6", "2001:db9::1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, s.Listed(netip.MustParseAddr(c.address)))
		})
	}
	require.False(t, s.Listed(netip.Addr{}))
}

func TestNumber(t *testing.T) {
	t.Parallel()
	s := set()
	require.Equal(t, "number", s.Number("+15551234567", netip.MustParseAddr("198.51.100.9")).ID)
	require.Nil(t, s.Number("+15551234567", netip.MustParseAddr("192.0.2.1")), "the network of another trunk")
	require.Nil(t, s.Number("+15551234568", netip.MustParseAddr("198.51.100.9")))
}

func TestOpen(t *testing.T) {
	t.Parallel()
	require.True(t, set().Open())
	require.False(t, trunk.NewSet(nil).Open())
	var none trunk.Set
	require.Nil(t, none.Token("new"))
	require.False(t, none.Listed(netip.MustParseAddr("192.0.2.1")))
	require.Nil(t, none.Number("+15551234567", netip.MustParseAddr("192.0.2.1")))
}

func BenchmarkToken(b *testing.B) {
	s := set()
	b.ReportAllocs()
	for b.Loop() {
		if s.Token("wrong") != nil {
			b.Fatal("a wrong token was accepted")
		}
	}
}
