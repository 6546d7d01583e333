package outbound

import (
	"net/netip"
	"slices"
)

// special are the networks that the net/netip predicates do not cover and that
// lead to no public host, or to an IPv4 address hidden in an IPv6 one.
// Source: https://www.iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry.
var special = []struct {
	network netip.Prefix
	what    string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"}, // Linux connects 0.0.0.0 to itself
	{netip.MustParsePrefix("100.64.0.0/10"), "shared (carrier NAT)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},
	{netip.MustParsePrefix("::/96"), "IPv4-compatible"},
	{netip.MustParsePrefix("64:ff9b::/96"), "translated IPv4"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "translated IPv4"},
	{netip.MustParsePrefix("100::/64"), "discard"},
	{netip.MustParsePrefix("2001::/23"), "reserved"}, // Teredo included
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("2002::/16"), "6to4"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
}

// problem says why the gateway does not connect to an address by itself, ""
// when it does.
func problem(a netip.Addr) string {
	switch a = a.Unmap(); {
	case !a.IsValid():
		return "not an address"
	case a.IsUnspecified():
		return "unspecified"
	case a.IsLoopback():
		return "loopback"
	case a.IsLinkLocalUnicast():
		return "link-local" // the metadata services of clouds among them
	case a.IsPrivate():
		return "private"
	case a.IsMulticast():
		return "multicast"
	}
	a = a.Unmap().WithZone("")
	for _, s := range special {
		if s.network.Contains(a) {
			return s.what
		}
	}
	return ""
}

// contains reports whether one of the networks holds the address. A zone does
// not matter.
func contains(networks []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}
