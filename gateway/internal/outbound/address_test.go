package outbound

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProblem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ address, want string }{
		{"8.8.8.8", ""},
		{"1.1.1.1", ""},
		{"172.15.255.255", ""},
		{"172.32.0.1", ""},
		{"100.63.255.255", ""},
		{"100.128.0.1", ""},
		{"2606:4700:4700::1111", ""},
		{"2a00:1450:4001:82b::200e", ""},
		{"::ffff:8.8.8.8", ""},

		{"0.0.0.0", "unspecified"},
		{"0.1.2.3", "unspecified"},
		{"::", "unspecified"},
		{"127.0.0.1", "loopback"},
		{"127.255.255.254", "loopback"},
		{"::1", "loopback"},
		{"::ffff:127.0.0.1", "loopback"},
		{"::ffff:0.0.0.0", "unspecified"},
		{"::127.0.0.1", "IPv4-compatible"},
		{"169.254.169.254", "link-local"},
		{"::ffff:169.254.169.254", "link-local"},
		{"fe80::1%eth0", "link-local"},
		{"10.0.0.1", "private"},
		{"172.16.0.1", "private"},
		{"172.31.255.255", "private"},
		{"192.168.1.1", "private"},
		{"::ffff:10.0.0.1", "private"},
		{"fd00:ec2::254", "private"},
		{"100.64.0.1", "shared (carrier NAT)"},
		{"100.100.100.200", "shared (carrier NAT)"},
		{"192.0.0.192", "reserved"},
		{"198.18.0.1", "benchmarking"},
		{"224.0.0.1", "multicast"},
		{"ff02::1", "multicast"},
		{"240.0.0.1", "reserved"},
		{"255.255.255.255", "reserved"},
		{"64:ff9b::7f00:1", "translated IPv4"},
		{"2002:7f00:1::", "6to4"},
		{"2001:0:7f00:1::", "reserved"},
		{"fec0::1", "site-local"},
		{"2001:db8::1", "documentation"},
	} {
		require.Equal(t, tt.want, problem(netip.MustParseAddr(tt.address)), tt.address)
	}
	require.Equal(t, "not an address", problem(netip.Addr{}))
}

func FuzzCheck(f *testing.F) {
	for _, address := range []string{"127.0.0.1:80", "[::ffff:127.0.0.1]:443", "[fe80::1%lo]:1", "8.8.8.8:443", "0:0"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if check(address, nil, true) != nil {
			return
		}
		at, err := netip.ParseAddrPort(address)
		require.NoError(t, err)
		a := at.Addr().Unmap()
		require.True(t, a.IsGlobalUnicast() && !a.IsPrivate(), address)
		require.ErrorIs(t, check(address, nil, false), ErrScheme)
	})
}
