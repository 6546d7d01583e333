package jitter

import "time"

// Deadline is when Pop may have a packet without another Push; the zero time
// means never.
func (b *Buffer) Deadline() time.Time {
	if b.held == 0 {
		return time.Time{}
	}
	return b.oldest().Add(b.wait)
}

// Pop gives the next packet that may go on.
func (b *Buffer) Pop(now time.Time) (Packet, bool) {
	if b.direct && b.now.Seq == b.next {
		b.direct = false
		return b.deliver(b.now), true
	}
	if b.held > 0 {
		if s := &b.slots[b.next%window]; s.full && s.p.Seq == b.next {
			return b.release(s), true
		}
		// A packet too far ahead to be held ends every wait before it.
		if !b.direct && now.Before(b.Deadline()) {
			return Packet{}, false
		}
		return b.release(b.first()), true
	}
	if b.direct {
		b.direct = false
		return b.deliver(b.now), true
	}
	return Packet{}, false
}

// first is the held packet that is due before the others.
func (b *Buffer) first() *slot {
	for i := range uint16(window) {
		if s := &b.slots[(b.next+i)%window]; s.full {
			return s
		}
	}
	return nil // not reached, something is held
}

func (b *Buffer) release(s *slot) Packet {
	s.full = false
	b.held--
	return b.deliver(s.p)
}

// deliver makes p the last packet that went on and finds what is missing before
// it.
func (b *Buffer) deliver(p Packet) Packet {
	gap := uint32(p.Seq - b.next)
	b.next = p.Seq + 1
	b.seen = b.seen<<(gap+1) | 1 // a shift by 64 or more gives 0
	b.stats.Lost += uint64(gap)
	b.missing += gap
	if p.Length == 0 {
		return p
	}
	if b.timed {
		p.Lost, p.Pause = b.between(p)
	}
	b.due, b.timed, b.length, b.missing = p.Time+p.Length, true, p.Length, 0
	return p
}

// between splits the time between two packets into what was lost and what was
// not sent: lost packets were as long as the last. Less than half a packet is
// the sender's inexact clock.
func (b *Buffer) between(p Packet) (lost, pause uint32) {
	gap := int32(p.Time - b.due)
	if gap <= 0 || uint32(gap) < min(p.Length, b.length)/2 || int64(gap) > int64(maxPause/time.Second)*int64(b.rate) {
		return 0, 0
	}
	lost = min(uint32(gap), b.missing*b.length)
	return lost, uint32(gap) - lost
}
