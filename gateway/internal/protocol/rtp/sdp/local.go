package sdp

import (
	"net/netip"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// Policy says whether audio may, or must, be SRTP. Keys in SDP are as secret as
// the signalling, hence none without TLS.
type Policy uint8

// Policies.
const (
	Plain    Policy = iota // RTP only: signalling in the clear
	Either                 // what the peer offers; we offer SRTP
	Required               // SRTP only
)

// Local is what the gateway says of itself.
type Local struct {
	Addr   netip.AddrPort // where we want RTP, as the peer reaches it; RTCP is one port above
	Codecs []rtp.Codec    // those preferred first
	SRTP   Policy
	Suites []sdes.Suite // those preferred first
	// Loopback and Private allow peer addresses of that kind. The first is for
	// a listener that is on loopback itself, the second for trunks that are not
	// reached over the internet.
	Loopback, Private bool
}

// acceptable reports whether media may be sent to an address of the peer.
func (l *Local) acceptable(a netip.Addr) bool {
	a = a.Unmap()
	switch {
	case !a.IsValid(), a.IsUnspecified(), a.IsMulticast(), a.IsLinkLocalUnicast(), a.Zone() != "":
		return false
	case a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240): // "this network", reserved and broadcast
		return false
	case a.IsLoopback():
		return l.Loopback
	case a.IsPrivate(), shared.Contains(a):
		return l.Private
	}
	return !slices.ContainsFunc(hiding, func(p netip.Prefix) bool { return p.Contains(a) })
}

// shared is the address space behind a carrier's translation, RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// hiding are IPv6 networks whose addresses hold one of IPv4, which a gateway on
// the way may send packets to, and one that was private once
// (https://www.iana.org/assignments/iana-ipv6-special-registry).
var hiding = []netip.Prefix{
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"), // Teredo
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("fec0::/10"),
}
