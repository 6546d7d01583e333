package rtp

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/srtp/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/quality"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// maxReports bounds the RTCP packets per second that are looked at; a peer
// sends one in five seconds.
const maxReports = 20

// control is RTCP and the figures. mu guards all of it.
type control struct {
	mu sync.Mutex
	counts
	reception quality.Reception
	link      quality.Link
	theirs    uint32         // SSRC of the peer's stream
	from      netip.AddrPort // where its RTCP comes from

	key    sdes.Key
	cipher *srtp.Context
	second time.Time // in which so many came
	came   int
}

// listen reads the RTCP port until the Media is closed.
func (m *Media) listen() {
	var buf [maxPacket]byte
	for {
		n, from, err := m.RTCP.ReadFromUDPAddrPort(buf[:])
		if err != nil || m.isClosed() { // without RTCP the call has fewer figures
			return
		}
		m.control(time.Now(), netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), buf[:n])
	}
}

// control takes an RTCP packet. It is believed from the address that media
// comes from, and even so it only changes figures.
func (m *Media) control(now time.Time, from netip.AddrPort, data []byte) {
	remote, at := m.remote.Load(), m.latched.Load()
	c := &m.ctl
	c.mu.Lock()
	defer c.mu.Unlock()
	if remote == nil || at == nil || at.addr.Addr() != from.Addr() {
		c.rejected++
		return
	}
	if now.Sub(c.second) >= time.Second {
		c.second, c.came = now, 0
	}
	if c.came++; c.came > maxReports {
		return
	}
	if remote.secure() {
		if c.cipher == nil || !c.key.Equal(remote.Decrypt) {
			c.key, c.cipher = remote.Decrypt, remote.openRTCP
		}
		plain, err := c.cipher.DecryptRTCP(nil, data, nil)
		if err != nil {
			c.unproven++
			return
		}
		data = plain
	}
	if c.link.Take(now, data, m.out.ssrc, c.theirs, remote.Codec.ClockRate) != nil {
		c.malformed++
		return
	}
	c.from = from
}

// begin starts the figures of a stream, and reports whether it is a new one.
func (m *Media) begin(ssrc uint32) bool {
	c := &m.ctl
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received > 0 && c.theirs == ssrc {
		return false
	}
	c.theirs = ssrc
	c.reception.Begin(ssrc)
	return true
}
