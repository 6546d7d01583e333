package sipleg_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// TestIPv6 is signalling, session description and media on the loopback address
// of IPv6.
func TestIPv6(t *testing.T) {
	t.Parallel()
	six := netip.IPv6Loopback()
	free, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(six, 0)))
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	require.NoError(t, free.Close())
	for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP, sipua.TLS} {
		t.Run("SIP-01 a call with audio over IPv6 and "+string(transport), func(t *testing.T) {
			t.Parallel()
			r := startAt(t, six, sipleg.Ways{Refer: "agents@example.com"}, &trunk.Trunk{
				Kind: "sip", ID: "chn_six", Active: true, Numbers: []string{"+15551230000"}, SRTP: trunk.SRTPOptional,
				Sources: []netip.Prefix{netip.MustParsePrefix("::1/128")},
			})
			config := r.config(transport)
			config.Headers = nil
			config.Refer = func(string) (int, []int) { return 202, []int{100, 200} }
			p := r.dial(config)
			speak(t, p)
			r.ends <- call.Ending{Outcome: call.OutcomeTransferred, Transfer: &call.Target{}}
			end := gone(t, p)
			require.True(t, end.ByGateway)
			require.Equal(t, "<sip:agents@example.com>", end.ReferTo)
			require.Eventually(t, func() bool { return r.Calls() == 0 }, patience, time.Millisecond)
		})
	}
}
