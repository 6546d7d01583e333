package quality

import (
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtcp"
)

// maxPacket bounds a received RTCP packet in bytes.
const maxPacket = 1500

// ErrMalformed is wrapped by the error of Link.Take for data that is not RTCP.
var ErrMalformed = errors.New("RTCP packet malformed")

// Sent describes our own stream for a report.
type Sent struct {
	SSRC    uint32
	CNAME   string // RFC 7022: random, so that it tells nobody who we are
	Active  bool   // packets were sent since the last report
	Time    uint32 // RTP timestamp at the moment of the report
	Packets uint32
	Bytes   uint32 // of payload
}

// Link is what both sides know of each other from RTCP. The zero value is
// ready. It is not safe for concurrent use.
type Link struct {
	report    uint32    // middle of the NTP time of the peer's last sender report
	reported  time.Time // when it came
	roundTrip time.Duration
	lost      float64 // of our packets, in the peer's last report
	jitter    time.Duration
	byes      uint64
	reports   uint64
}

// RoundTrip is how long a packet takes to the peer and back; 0 is unknown.
func (l *Link) RoundTrip() time.Duration { return l.roundTrip }

// Lost is the share of our packets that the peer missed lately, 0 to 1.
func (l *Link) Lost() float64 { return l.lost }

// Jitter is that of our packets where the peer is.
func (l *Link) Jitter() time.Duration { return l.jitter }

// Byes is how often the peer said that its stream ends. RTCP is easily forged,
// so this is a hint and ends nothing.
func (l *Link) Byes() uint64 { return l.byes }

// Reports is how many reports came.
func (l *Link) Reports() uint64 { return l.reports }

// Report writes a compound packet: a report, the name, and the goodbye at the
// end.
func (l *Link) Report(now time.Time, s Sent, r *Reception, rate int, bye bool) ([]byte, error) {
	var blocks []rtcp.ReceptionReport
	if b, ok := r.block(rate); ok {
		if !l.reported.IsZero() {
			b.LastSenderReport = l.report
			b.Delay = uint32(now.Sub(l.reported).Seconds() * (1 << 16))
		}
		blocks = append(blocks, b)
	}
	packets := []rtcp.Packet{rtcp.Packet(&rtcp.ReceiverReport{SSRC: s.SSRC, Reports: blocks})}
	if s.Active {
		packets[0] = &rtcp.SenderReport{
			SSRC: s.SSRC, NTPTime: ntp(now), RTPTime: s.Time, PacketCount: s.Packets, OctetCount: s.Bytes, Reports: blocks,
		}
	}
	packets = append(packets, rtcp.NewCNAMESourceDescription(s.SSRC, s.CNAME))
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{s.SSRC}})
	}
	data, err := rtcp.Marshal(packets)
	if err != nil {
		return nil, fmt.Errorf("RTCP report: %w", err)
	}
	return data, nil
}

// Take reads a compound packet of the peer. ours is the SSRC of our stream,
// theirs that of the peer's, and rate the clock of ours.
func (l *Link) Take(now time.Time, data []byte, ours, theirs uint32, rate int) error {
	if len(data) > maxPacket {
		return fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	packets, err := rtcp.Unmarshal(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			l.reports++
			if p.SSRC == theirs {
				l.report, l.reported = uint32(p.NTPTime>>16), now
			}
			l.blocks(now, p.Reports, ours, rate)
		case *rtcp.ReceiverReport:
			l.reports++
			l.blocks(now, p.Reports, ours, rate)
		case *rtcp.Goodbye:
			l.byes++
		}
	}
	return nil
}

func (l *Link) blocks(now time.Time, all []rtcp.ReceptionReport, ours uint32, rate int) {
	for _, b := range all {
		if b.SSRC != ours {
			continue
		}
		l.lost = float64(b.FractionLost) / 256
		l.jitter = time.Duration(b.Jitter) * time.Second / time.Duration(max(rate, 1))
		if b.LastSenderReport == 0 {
			continue
		}
		// RFC 3550 section 6.4.1, in units of 1/65536 s. The difference is
		// negative for a report that was made up.
		trip := int32(uint32(ntp(now)>>16) - b.LastSenderReport - b.Delay)
		if trip >= 0 && trip < maxTrip {
			l.roundTrip = time.Duration(trip) * time.Second >> 16
		}
	}
}

// maxTrip is the longest believable round trip, 30 s.
const maxTrip = 30 << 16

// ntp is a time in the format of RFC 3550 section 4.
func ntp(t time.Time) uint64 {
	const from1900 = 2_208_988_800 // seconds before 1970
	seconds := uint64(t.Unix() + from1900)
	return seconds<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
