package quality

import (
	"time"

	"github.com/pion/rtcp"
)

// Reception counts one received stream, RFC 3550 appendix A. The zero value is
// ready. It is not safe for concurrent use.
type Reception struct {
	ssrc     uint32
	begun    bool
	first    uint32 // extended sequence number
	highest  uint32 // extended sequence number
	received uint32

	arrived time.Time // of the last packet with audio
	time    uint32    // its timestamp
	timed   bool
	jitter  float64 // seconds

	expectedBefore, receivedBefore uint32 // at the last report
}

// Begin starts counting a new stream.
func (r *Reception) Begin(ssrc uint32) { *r = Reception{ssrc: ssrc} }

// Packet counts a packet.
func (r *Reception) Packet(seq uint16) {
	r.received++
	if !r.begun {
		r.begun, r.first, r.highest = true, uint32(seq), uint32(seq)
		return
	}
	if ahead := int16(seq - uint16(r.highest)); ahead > 0 {
		r.highest += uint32(ahead)
	}
}

// Audio measures the jitter of packets with audio on a clock of rate hertz,
// section A.8. Telephone events keep one timestamp and would count as jitter.
func (r *Reception) Audio(now time.Time, timestamp uint32, rate int) {
	if r.timed && rate > 0 {
		sent := float64(int32(timestamp-r.time)) / float64(rate)
		d := now.Sub(r.arrived).Seconds() - sent
		r.jitter += (max(d, -d) - r.jitter) / 16
	}
	r.arrived, r.time, r.timed = now, timestamp, true
}

// Restart forgets the timing, when the sender's clock was set anew or the
// stream was held.
func (r *Reception) Restart() { r.timed = false }

// Jitter is the mean deviation of the packets' distance.
func (r *Reception) Jitter() time.Duration { return time.Duration(r.jitter * float64(time.Second)) }

// Expected is how many packets were sent to us, by their numbers.
func (r *Reception) Expected() uint32 {
	if !r.begun {
		return 0
	}
	return r.highest - r.first + 1
}

// block is the report on the stream since the last one, section A.3. False
// means that there is no stream.
func (r *Reception) block(rate int) (rtcp.ReceptionReport, bool) {
	if !r.begun {
		return rtcp.ReceptionReport{}, false
	}
	expected := r.Expected()
	lost := int64(expected) - int64(r.received)
	b := rtcp.ReceptionReport{
		SSRC: r.ssrc, LastSequenceNumber: r.highest, TotalLost: uint32(min(max(lost, 0), 0x7FFFFF)),
		Jitter: uint32(r.jitter * float64(rate)),
	}
	wanted, got := expected-r.expectedBefore, r.received-r.receivedBefore
	if wanted > got {
		b.FractionLost = uint8(uint64(wanted-got) * 256 / uint64(wanted+1)) // never 256
	}
	r.expectedBefore, r.receivedBefore = expected, r.received
	return b, true
}
