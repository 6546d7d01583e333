package rtp

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/jitter"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/quality"
)

// Stats are the figures of a call's media so far.
type Stats struct {
	Sent       uint64 // packets
	Received   uint64 // packets of the peer's stream
	Lost       uint64 // of it, as heard: never came, or too late
	Late       uint64
	Duplicates uint64
	Reordered  uint64
	Concealed  time.Duration // of lost audio that was made up for
	Rejected   uint64        // packets of other sources
	Malformed  uint64        // no RTP or RTCP, or of an unknown payload type
	Unproven   uint64        // SRTP packets without a valid signature, or repeated
	Unsent     uint64        // packets the system did not take

	Jitter       time.Duration // of what comes
	RoundTrip    time.Duration // 0: the peer reports nothing
	RemoteLost   float64       // share of our packets the peer missed lately
	RemoteJitter time.Duration
	Byes         uint64 // RTCP goodbyes, which end nothing
	// MOS estimates how the caller sounds to us, 1 to 4.4, see quality.MOS; 0
	// if nothing came.
	MOS float64
}

// counts are the figures that are counted packet by packet.
type counts struct {
	received, rejected, malformed, unproven uint64
	played
}

// played are the figures of what goes on to the session.
type played struct {
	order     jitter.Stats
	concealed time.Duration
}

// Stats gives the figures. It may be called after Close.
func (m *Media) Stats() Stats {
	m.out.mu.Lock()
	sent, unsent := m.out.sent, m.out.unsent
	m.out.mu.Unlock()
	c := &m.ctl
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{
		Sent: sent, Unsent: unsent,
		Received: c.received, Rejected: c.rejected, Malformed: c.malformed, Unproven: c.unproven,
		Lost: c.order.Lost, Late: c.order.Late, Duplicates: c.order.Duplicates, Reordered: c.order.Reordered,
		Concealed: c.concealed, Jitter: c.reception.Jitter(),
		RoundTrip: c.link.RoundTrip(), RemoteLost: c.link.Lost(), RemoteJitter: c.link.Jitter(), Byes: c.link.Byes(),
	}
	if all := s.Received - s.Duplicates - s.Late + s.Lost; s.Received > 0 && all > 0 {
		delay := s.RoundTrip/2 + 20*time.Millisecond + c.reception.Jitter()
		s.MOS = quality.MOS(float64(s.Lost)/float64(all), delay)
	}
	return s
}
