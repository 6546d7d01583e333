package sipua_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// TestIPv6 is a call on the loopback address of IPv6, ended by each side. What
// its messages say of addresses goes into brackets where a port may follow (RFC
// 3261 section 25.1, RFC 5118).
func TestIPv6(t *testing.T) {
	t.Parallel()
	sixth(t)
	six := listed()
	six.Sources = []netip.Prefix{netip.MustParsePrefix("::1/128")}
	dial := func(t *testing.T, transport sipua.Transport) (*rig, *dialog) {
		r := start(t, options{
			trunks: []*trunk.Trunk{six}, listen: "udp://[::1]:0,tcp://[::1]:0,tls://[::1]:0", tls: certificate(t),
		})
		return r, r.dialFrom(transport, "::1").dialog()
	}
	for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP, sipua.TLS} {
		t.Run("SIP-01 a call over IPv6 and "+string(transport), func(t *testing.T) {
			t.Parallel()
			r, d := dial(t, transport)
			res := d.establish()
			at, _ := r.Address(transport)
			require.Contains(t, res.GetHeader("contact").Value(), "@"+at.String())
			c := r.call()
			require.Equal(t, netip.IPv6Loopback(), c.Remote().Addr())
			require.True(t, c.Loopback())
			d.say("OPTIONS", "")
			d.response(200)
			d.say("BYE", "")
			d.response(200)
			r.ended(c, sipua.End{Cause: sipua.CauseBye})
		})
		t.Run("SIP-01 the gateway hangs up over IPv6 and "+string(transport), func(t *testing.T) {
			t.Parallel()
			r, d := dial(t, transport)
			d.establish(fmt.Sprintf("Record-Route: <sip:%s;lr>", d.local))
			c := r.call()
			go func() { _ = c.Bye(t.Context(), sipua.Goodbye{}) }()
			bye := d.request("BYE")
			at, _ := r.Address(transport)
			require.Contains(t, bye.Via().Value(), at.String())
			require.Contains(t, bye.GetHeader("contact").Value(), "@"+at.String())
			d.answer(bye, 200)
			r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
		})
	}
}

// TestBothFamilies calls a listener for every address by IPv4 and by IPv6.
func TestBothFamilies(t *testing.T) {
	t.Parallel()
	sixth(t)
	near := listed()
	near.Sources = append(near.Sources, netip.MustParsePrefix("::1/128"))
	for _, from := range []string{"127.0.0.1", "::1"} {
		both(t, "SIP-01 a call from "+from, func(t *testing.T, transport sipua.Transport) {
			r := start(t, options{
				trunks: []*trunk.Trunk{near}, listen: "udp://[::]:0,tcp://[::]:0",
				edit: func(c *sipua.Config) { c.Advertise = netip.MustParseAddr("192.0.2.1") },
			})
			d := r.dialFrom(transport, from).dialog()
			res := d.establish()
			require.Equal(t, "192.0.2.1", res.Contact().Address.Host)
			c := r.call()
			require.Equal(t, from, c.Remote().Addr().String())
			require.False(t, c.Loopback())
			go func() { _ = c.Bye(t.Context(), sipua.Goodbye{}) }()
			d.answer(d.request("BYE"), 200)
			r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
		})
	}
}

// sixth skips a test where the system has no IPv6.
func sixth(t *testing.T) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	require.NoError(t, l.Close())
}
