package sdp

import (
	"net/netip"

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
	return true
}

// shared is the address space behind a carrier's translation, RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")
