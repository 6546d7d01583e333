package phone_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/digest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/phone"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// TestProxyAuthentication lets a proxy challenge the phone, by an algorithm it
// does not know first, and find the nonce stale once.
func TestProxyAuthentication(t *testing.T) {
	t.Parallel()
	local := netip.MustParseAddr("127.0.0.1")
	proxy, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = proxy.Close() })
	var proofs []string
	asked := make(chan error, 1)
	go func() {
		asked <- func() error {
			buf := make([]byte, 4096)
			for len(proofs) < 3 {
				n, from, err := proxy.ReadFromUDPAddrPort(buf)
				if err != nil {
					return err
				}
				m, err := sip.ParseMessage(buf[:n])
				if err != nil {
					return err
				}
				r, ok := m.(*sip.Request)
				if !ok || !r.IsInvite() {
					continue
				}
				proof := ""
				if h := r.GetHeader("proxy-authorization"); h != nil {
					proof = h.Value()
				}
				proofs = append(proofs, proof)
				res := sip.NewResponseFromRequest(r, sip.StatusProxyAuthRequired, "Prove it", nil)
				ch := digest.Challenge{Realm: "proxy", Nonce: "n", Algorithm: digest.MD5, Stale: len(proofs) == 2}
				strange := strings.Replace(ch.String(), "=MD5", "=SHA-512-256", 1)
				res.AppendHeader(sip.NewHeader("Proxy-Authenticate", strange))
				res.AppendHeader(sip.NewHeader("Proxy-Authenticate", ch.String()))
				if _, err := proxy.WriteToUDPAddrPort([]byte(res.String()), from); err != nil {
					return err
				}
			}
			return nil
		}()
	}()

	ports, err := port.NewPool(local, 27000, 27999)
	require.NoError(t, err)
	ports.Quiet = time.Millisecond
	t.Cleanup(ports.Close)
	clock := pacer.New(1)
	t.Cleanup(clock.Close)
	password := secret.New("open sesame")
	_, err = phone.Dial(t.Context(), phone.Config{
		Transport: sipua.UDP, Gateway: proxy.LocalAddr().(*net.UDPAddr).AddrPort(), Local: local, Ports: ports,
		Pacer: clock, From: "+15557654321", To: "+15551230000",
		Digest: phone.Digest{Username: "va", Password: password},
	})
	var rejected *phone.RejectedError
	require.ErrorAs(t, err, &rejected)
	require.Equal(t, 407, rejected.Status)
	require.NoError(t, <-asked)
	require.Empty(t, proofs[0])
	for _, proof := range proofs[1:] {
		c, err := digest.ParseCredentials(proof)
		require.NoError(t, err)
		require.True(t, c.Proves("INVITE", "va", []secret.Value{password}))
		require.NotContains(t, proof, password.Reveal())
	}
}
