package sipua_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// TestNamesB9 puts a name that needs no DNS, since every system knows it, where
// a message may say where the next one goes. Nobody looks it up: the requests
// come to where the call came from, and the one who listens behind the name
// hears nothing.
func TestNamesB9(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(d *dialog, victim string) (headers []string)
		sent bool // the place is a later request
	}{
		{"Contact", func(d *dialog, victim string) []string {
			d.contact = "<sip:x@" + victim + ">"
			return nil
		}, false},
		{"Contact without a port", func(d *dialog, _ string) []string {
			d.contact = "<sip:x@localhost>"
			return nil
		}, false},
		{"Contact of another scheme", func(d *dialog, victim string) []string {
			d.contact = "<sips:x@" + victim + ";transport=tls>"
			return nil
		}, false},
		{"Record-Route", func(_ *dialog, victim string) []string {
			return []string{"Record-Route: <sip:" + victim + ";lr>"}
		}, false},
		{"a name that does not exist in Record-Route", func(*dialog, string) []string {
			return []string{"Record-Route: <sip:no-such-host.invalid;lr>"}
		}, false},
		{"Contact of a re-INVITE", func(d *dialog, victim string) []string {
			d.contact = "<sip:x@" + victim + ">"
			return nil
		}, true},
	} {
		both(t, "SIP-21 a name in "+c.name, func(t *testing.T, transport sipua.Transport) {
			victim, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			require.NoError(t, err)
			defer victim.Close()
			name := fmt.Sprintf("localhost:%d", victim.LocalAddr().(*net.UDPAddr).Port)
			r := start(t, options{})
			d := r.dial(transport).dialog()
			if c.sent {
				d.establish()
				c.edit(d, name)
				d.say("INVITE", offer)
				d.response(200)
				d.say("ACK", "")
			} else {
				headers := c.edit(d, name)
				d.say("INVITE", offer, headers...)
				d.answered(d.response(200))
				d.say("ACK", "")
			}
			r.goodbye(d.peer)
			unheard(t, victim)
		})
	}
	both(t, "SIP-21 a name in Via", func(t *testing.T, transport sipua.Transport) {
		r := start(t, options{})
		d := r.dial(transport).dialog()
		m := d.message("OPTIONS", "")
		d.send(strings.Replace(m, d.local.String(), fmt.Sprintf("no-such-host.invalid:%d", d.local.Port()), 1))
		d.response(200)
	})
}

// unheard requires that nothing has come to a socket.
func unheard(t *testing.T, c net.PacketConn) {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	n, _, err := c.ReadFrom(make([]byte, 65536))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "%d bytes", n)
}
