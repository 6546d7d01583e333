package ingress

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var balancers = Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:b::/48")}

func TestSource(t *testing.T) {
	t.Parallel()
	const direct, proxy = "192.0.2.1:4000", "10.0.0.1:4000"
	for _, tc := range []struct {
		name, peer string
		lines      []string
		want       string
	}{
		{"direct", direct, nil, "192.0.2.1"},
		{"direct with a forged header", direct, []string{"198.51.100.7"}, "192.0.2.1"},
		{"direct in IPv6", "[2001:db8::1]:4000", []string{"198.51.100.7"}, "2001:db8::1"},
		{"direct, written as IPv6", "[::ffff:192.0.2.1]:4000", nil, "192.0.2.1"},
		{"proxy", proxy, []string{"198.51.100.7"}, "198.51.100.7"},
		{"proxy, written as IPv6", "[::ffff:10.0.0.1]:4000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"IPv6 proxy", "[2001:db8:b::1]:4000", []string{"2001:db8::9"}, "2001:db8::9"},
		{"proxy without the header", proxy, nil, "10.0.0.1"},
		{"the client forged the left part", proxy, []string{"203.0.113.1, 198.51.100.7"}, "198.51.100.7"},
		{"the client forged a whole line", proxy, []string{"203.0.113.1", "198.51.100.7"}, "198.51.100.7"},
		{"the client named a proxy", proxy, []string{"10.9.9.9, 198.51.100.7"}, "198.51.100.7"},
		{"two proxies", proxy, []string{"203.0.113.1, 198.51.100.7,10.0.0.2"}, "198.51.100.7"},
		{"two proxies, two lines", proxy, []string{"198.51.100.7", "10.0.0.2"}, "198.51.100.7"},
		{"proxies only", proxy, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"with a port", proxy, []string{"198.51.100.7:5000"}, "198.51.100.7"},
		{"IPv6 with a port", proxy, []string{"[2001:db8::9]:5000"}, "2001:db8::9"},
		{"IPv6 in brackets", proxy, []string{"[2001:db8::9]"}, "2001:db8::9"},
		{"zone", proxy, []string{"fe80::1%eth0"}, "fe80::1"},
		{"junk", proxy, []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		{"junk before a proxy", proxy, []string{"<script>, 10.0.0.2"}, "10.0.0.2"},
		{"empty", proxy, []string{""}, "10.0.0.1"},
		{"empty element", proxy, []string{"198.51.100.7,"}, "10.0.0.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{forwardedFor: tc.lines}}
			r.Header.Set("Forwarded", "for=203.0.113.200") // not read, see Source
			require.Equal(t, tc.want, balancers.Source(r).String())

			said := balancers.believe(r)
			require.Equal(t, tc.want, address(said.RemoteAddr).String(), "handlers see it")
			require.Equal(t, tc.peer, r.RemoteAddr, "the server's request stays as it is")
			if !balancers.contain(address(tc.peer)) {
				require.Equal(t, tc.peer, said.RemoteAddr)
			}
			require.Equal(t, address(tc.peer), Proxies(nil).Source(r), "nobody is trusted by default")
		})
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	require.Equal(t, "192.0.2.1/32", network(address("192.0.2.1:5")).String())
	require.Equal(t, "2001:db8:1:2::/64", network(address("[2001:db8:1:2:3:4:5:6]:5")).String())
	require.Equal(t, netip.Prefix{}, network(address("pipe")))
}

// Whatever a client writes, the source is an address, and never one that only
// an untrusted sender named.
func FuzzSource(f *testing.F) {
	f.Add("192.0.2.1:1", "198.51.100.7, 10.0.0.2")
	f.Add("10.0.0.1:1", "198.51.100.7, [2001:db8::9]:80, 10.0.0.2")
	f.Add("10.0.0.1:1", ",,%,[],:")
	f.Fuzz(func(t *testing.T, peer, line string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{forwardedFor: {line}}}
		got := balancers.Source(r)
		direct := address(peer)
		if !balancers.contain(direct) {
			require.Equal(t, direct, got)
			return
		}
		require.True(t, got.IsValid())
		// What a client puts before the part of the last proxy changes nothing,
		// unless that part names proxies only.
		if !balancers.contain(got) {
			r.Header.Set(forwardedFor, "203.0.113.1, "+line)
			require.Equal(t, got, balancers.Source(r))
			require.Contains(t, strings.ToLower(line), strings.ToLower(got.String())[:1])
		}
	})
}
