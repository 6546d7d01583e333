package rtp

import (
	"net/netip"
	"time"
)

const (
	// firm is how many packets in sequence make a source.
	firm = 3
	// preferred is how long the address the peer named has precedence over
	// others.
	preferred = 500 * time.Millisecond
	// A source is given up for another one when it was silent for abandoned;
	// for a new stream from the same address, restarted suffices.
	abandoned = 2 * time.Second
	restarted = 200 * time.Millisecond
	// moved is how long after the peer named a new address that one may take
	// over although the old one goes on, and any other as if the old one had
	// restarted.
	moved = 5 * time.Second
	// others is how many sources besides the named one are watched at once,
	// and kept how many bytes of each are kept until it is firm.
	others = 4
	kept   = 8 << 10
)

// verdict is what becomes of a packet by its source.
type verdict uint8

const (
	refuse verdict = iota
	unsure         // may become the source
	sure           // is the source
)

// latch decides which source is the peer's. A source is an address and an SSRC;
// there is one at a time. Reading from anybody would let anybody into the call,
// and insisting on the address of the SDP would fail behind most NATs.
type latch struct {
	accept func(netip.Addr) bool

	named netip.AddrPort // by the peer
	since time.Time      // when it was

	addr   netip.AddrPort
	ssrc   uint32
	last   time.Time
	held   bool
	moving bool // another address was named since

	candidates [1 + others]candidate // the first is for the named address
}

// candidate is a source that may become the peer's.
type candidate struct {
	addr    netip.AddrPort
	ssrc    uint32
	next    uint16
	packets int
	last    time.Time
	kept    []byte // packets, each behind its length in two bytes
}

// name takes the address the peer named.
func (l *latch) name(now time.Time, addr netip.AddrPort) {
	if addr != l.named && !addr.Addr().IsUnspecified() {
		l.named, l.since, l.moving = addr, now, l.held
	}
}

// judge looks at the source of a packet.
func (l *latch) judge(now time.Time, from netip.AddrPort, ssrc uint32) verdict {
	if l.held && from == l.addr && ssrc == l.ssrc {
		return sure
	}
	if l.held && now.Sub(l.last) < l.patience(now, from) {
		return refuse
	}
	if l.accept != nil && !l.accept(from.Addr()) {
		return refuse
	}
	return unsure
}

// patience is how long the source must have been silent before a packet of
// another one is looked at.
func (l *latch) patience(now time.Time, from netip.AddrPort) time.Duration {
	moving := l.moving && now.Sub(l.since) < moved
	switch {
	case moving && from == l.named:
		return 0
	case moving, from == l.addr:
		return restarted
	}
	return abandoned
}

// offer takes a packet of a source that is not sure, and reports whether it is
// now. The packets of the source so far are then in the candidate.
func (l *latch) offer(now time.Time, from netip.AddrPort, ssrc uint32, seq uint16, packet []byte) (*candidate, bool) {
	c := l.candidate(from, ssrc)
	if c.packets > 0 && (seq != c.next || now.Sub(c.last) > abandoned) {
		c.packets, c.kept = 0, c.kept[:0]
	}
	c.addr, c.ssrc, c.next, c.last = from, ssrc, seq+1, now
	c.packets++
	if len(c.kept)+len(packet)+2 <= kept {
		c.kept = append(c.kept, byte(len(packet)>>8), byte(len(packet)))
		c.kept = append(c.kept, packet...)
	}
	if c.packets < firm || (from != l.named && now.Sub(l.since) < preferred) {
		return nil, false
	}
	l.addr, l.ssrc, l.last, l.held, l.moving = from, ssrc, now, true, false
	return c, true
}

// candidate finds the place of a source: its own, or that of the one that was
// silent longest.
func (l *latch) candidate(from netip.AddrPort, ssrc uint32) *candidate {
	if from == l.named {
		c := &l.candidates[0]
		if c.addr != from || c.ssrc != ssrc {
			*c = candidate{kept: c.kept[:0]}
		}
		return c
	}
	oldest := &l.candidates[1]
	for i := range l.candidates[1:] {
		c := &l.candidates[1+i]
		if c.packets > 0 && c.addr == from && c.ssrc == ssrc {
			return c
		}
		if c.last.Before(oldest.last) {
			oldest = c
		}
	}
	*oldest = candidate{kept: oldest.kept[:0]}
	return oldest
}

// forget drops what was kept of all candidates.
func (l *latch) forget() { l.candidates = [1 + others]candidate{} }
