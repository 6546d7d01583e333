package rtp

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	pion "github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/dtmf"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/quality"
)

// reportEvery is the mean distance of our RTCP reports, RFC 3550 section 6.2.
const reportEvery = 5 * time.Second

// sender is our stream. mu guards all of it but ssrc, which never changes.
type sender struct {
	ssrc  uint32
	cname string

	mu     sync.Mutex
	fill   func(due time.Time, frame []byte) bool
	done   chan struct{}
	seq    uint16
	time   uint32    // RTP timestamp of the tick at due
	due    time.Time // of the last tick
	marker bool      // the next packet begins a talk spurt (RFC 3551 section 4.1)
	digits dtmf.Sender
	remote *agreed
	down   coder
	cipher *srtp.Context
	rtcp   *srtp.Context

	frame, payload  []byte
	packet, secured []byte
	header          pion.Header

	sent, bytes, unsent uint64
	reported            uint64 // sent at the last report
	report              time.Time
}

var errPlaying = errors.New("media is being played already")

// start readies the stream to ask fill; done is closed when it said no.
func (s *sender) start(fill func(time.Time, []byte) bool, f audio.Format) (done <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fill != nil {
		return nil, errPlaying
	}
	s.fill, s.done, s.marker = fill, make(chan struct{}), true
	s.frame = make([]byte, f.FrameBytes())
	return s.done, nil
}

// stop makes sure that fill is not called any more.
func (s *sender) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fill = nil
}

// tick sends what is due.
func (m *Media) tick(due time.Time) bool {
	s := &m.out
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fill == nil || m.isClosed() {
		return false
	}
	if now := m.remote.Load(); now != s.remote {
		s.renew(now)
	}
	ticks := uint32(PCMU.ClockRate / 50)
	if s.remote != nil {
		ticks = uint32(s.remote.Codec.ClockRate / 50)
	}
	s.advance(due, ticks)
	switch step, event, at, marker := s.digits.Next(s.time, ticks); step {
	case dtmf.Idle:
		if !s.fill(due, s.frame) {
			s.fill = nil
			close(s.done)
			return false
		}
		m.sendFrame(ticks)
	case dtmf.Send:
		s.marker = true // audio goes on behind a gap
		if s.remote != nil && s.remote.Send && s.remote.Events != NoEvents {
			s.payload = event.Append(s.payload[:0])
			m.send(s.remote.Events, at, marker, s.payload)
		}
	}
	m.reportAt(due)
	return true
}

// reportAt sends a report when it is time. The distance varies, so that calls
// that began together do not report together.
func (m *Media) reportAt(due time.Time) {
	s := &m.out
	first := s.report.IsZero()
	if !first && due.Before(s.report) {
		return
	}
	s.report = due.Add(reportEvery/2 + rand.N(reportEvery))
	if !first {
		m.reportTo(due, false)
	}
}

// advance moves the clock of the stream to a tick. Ticks that the pacer left
// out are time that passed without audio.
func (s *sender) advance(due time.Time, ticks uint32) {
	if !s.due.IsZero() {
		n := uint32(due.Sub(s.due) / pacer.Period)
		s.time += n * ticks
		s.marker = s.marker || n > 1
	}
	s.due = due
}

// renew takes over what was agreed.
func (s *sender) renew(now *agreed) {
	before := s.remote
	s.remote = now
	if before == nil || before.Codec != now.Codec {
		s.down = now.down
	}
	if before == nil || !before.Encrypt.Equal(now.Encrypt) {
		s.cipher, s.rtcp = now.seal, now.sealRTCP
	}
}

// sendFrame sends the frame in the agreed codec, in one packet or two. Silence
// is sent like speech, so markers are only at its beginning and behind gaps.
func (m *Media) sendFrame(ticks uint32) {
	s := &m.out
	if s.remote == nil || !s.remote.Send {
		s.marker = true
		return
	}
	payload := s.frame
	if s.down != nil {
		s.payload = s.down.Append(s.payload[:0], s.frame)
		payload = s.payload
	}
	if s.remote.Packet == 10*time.Millisecond {
		half := len(payload) / 2
		if m.send(s.remote.Codec.PayloadType, s.time, s.marker, payload[:half]) {
			s.marker = false
		}
		m.send(s.remote.Codec.PayloadType, s.time+ticks/2, s.marker, payload[half:])
		return
	}
	s.marker = !m.send(s.remote.Codec.PayloadType, s.time, s.marker, payload)
}

// send sends one packet and reports whether there was a place to send it to.
func (m *Media) send(payloadType uint8, at uint32, marker bool, payload []byte) bool {
	s := &m.out
	to := m.destination(minPacket + len(payload))
	if !to.IsValid() {
		return false
	}
	s.header = pion.Header{
		Version: 2, Marker: marker, PayloadType: payloadType, SequenceNumber: s.seq, Timestamp: at, SSRC: s.ssrc,
	}
	s.packet = append(s.packet[:0], make([]byte, minPacket)...)
	if _, err := s.header.MarshalTo(s.packet); err != nil {
		return false
	}
	s.packet = append(s.packet, payload...)
	data := s.packet
	if s.cipher != nil {
		var err error
		if s.secured, err = s.cipher.EncryptRTP(s.secured[:0], s.packet, &s.header); err != nil {
			s.unsent++
			return false
		}
		data = s.secured
	}
	s.seq++
	s.sent++
	s.bytes += uint64(len(payload))
	// The socket's buffer holds seconds of one call, so this does not wait.
	if _, err := m.RTP.WriteToUDPAddrPort(data, to); err != nil {
		s.unsent++ // the peer's silence ends the call, if that lasts
	}
	return true
}

// destination is where a packet of n bytes may go: where media comes from, else
// where the peer said, if that may be believed.
func (m *Media) destination(n int) netip.AddrPort {
	remote, at := m.out.remote, m.latched.Load()
	switch {
	case at != nil && (at.sdp == remote.Addr || !remote.Trusted):
		return at.addr
	case remote.Addr.Port() == 0 || remote.Addr.Addr().IsUnspecified():
		return netip.AddrPort{}
	case remote.Trusted:
		return remote.Addr
	}
	if m.credit.Add(-int64(n)) < 0 {
		m.credit.Add(int64(n))
		return netip.AddrPort{}
	}
	return remote.Addr
}

// reportTo sends an RTCP report, if there is a place for it. out.mu is held.
func (m *Media) reportTo(now time.Time, bye bool) {
	s, c := &m.out, &m.ctl
	if s.remote == nil {
		return
	}
	c.mu.Lock()
	conn, to := m.controlTo()
	if !to.IsValid() {
		c.mu.Unlock()
		return
	}
	data, err := c.link.Report(now, quality.Sent{
		SSRC: s.ssrc, CNAME: s.cname, Active: s.sent > s.reported, Time: s.time,
		Packets: uint32(s.sent), Bytes: uint32(s.bytes),
	}, &c.reception, s.remote.Codec.ClockRate, bye)
	c.mu.Unlock()
	if err == nil && s.rtcp != nil {
		data, err = s.rtcp.EncryptRTCP(nil, data, nil)
	}
	if err == nil {
		_, err = conn.WriteToUDPAddrPort(data, to)
	}
	if err != nil {
		s.unsent++
	}
	s.reported = s.sent
}

// controlTo is where our RTCP goes: where the peer's comes from, else where it
// said, if media comes from the same host. Both mutexes are held.
func (m *Media) controlTo() (Conn, netip.AddrPort) {
	remote, at := m.out.remote, m.latched.Load()
	if at == nil || m.RTCP == nil {
		return nil, netip.AddrPort{}
	}
	if remote.muxed() {
		return m.RTP, at.addr
	}
	if m.ctl.from.Addr() == at.addr.Addr() {
		return m.RTCP, m.ctl.from
	}
	if remote.Control.Addr() == at.addr.Addr() {
		return m.RTCP, remote.Control
	}
	return nil, netip.AddrPort{}
}

// farewell ends our stream.
func (m *Media) farewell() {
	m.out.mu.Lock()
	defer m.out.mu.Unlock()
	m.reportTo(time.Now(), true)
}
