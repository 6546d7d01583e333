package sipua_test

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// FuzzMessage gives whole messages to a server, from the filter to the dialog.
func FuzzMessage(f *testing.F) {
	for _, method := range []string{"INVITE", "BYE", "OPTIONS", "UPDATE", "NOTIFY", "ACK"} {
		f.Add(strings.Join([]string{
			method + " sip:" + called + "@127.0.0.1 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport",
			"From: <sip:a@b>;tag=1", "To: <sip:c@d>", "Call-ID: 1", "CSeq: 1 " + method, "Contact: <sip:a@127.0.0.1>",
			"Record-Route: <sip:127.0.0.1;lr>", "Session-Expires: 100", "Content-Type: application/sdp",
			"Content-Length: 1", "", "x",
		}, "\r\n"), true)
	}
	r := start(f, options{edit: func(c *sipua.Config) { c.Rate, c.Burst = 1e6, 1e6 }})
	p := r.dial(sipua.UDP)
	f.Fuzz(func(t *testing.T, message string, stream bool) {
		transport, network := sipua.UDP, "udp"
		if stream {
			transport, network = sipua.TCP, "tcp"
		}
		to, _ := r.Address(transport)
		c, err := net.Dial(network, to.String())
		require.NoError(t, err)
		_, _ = c.Write([]byte(message)) // too long for a datagram, perhaps
		_ = c.Close()
		d := p.dialog()
		require.NoError(t, p.write([]byte(d.message("OPTIONS", ""))))
		_, ok := p.finalOf(d.callID)
		require.True(t, ok, "the server does not answer any more")
	})
}
