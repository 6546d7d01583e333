package jitter

import "time"

const (
	// The wait for a missing packet begins with firstWait and adapts between
	// the two others, in steps.
	firstWait = 40 * time.Millisecond
	minWait   = 20 * time.Millisecond
	maxWait   = 120 * time.Millisecond
	step      = 20 * time.Millisecond
	// calm is how long the wait must have been longer than needed before it
	// becomes shorter.
	calm = 10 * time.Second

	// window is how many packets may be held, and how far back one is known to
	// be a duplicate. It is a power of two.
	window = 64
	// A sequence number further ahead than maxAhead or behind than maxBehind is
	// of a restarted stream, if the next packet follows it (RFC 3550 section
	// A.1).
	maxAhead  = 3000
	maxBehind = 100
	// maxPause is the longest pause in the timestamps that counts as audio that
	// is missing. A longer one is a sender that restarted its clock.
	maxPause = 10 * time.Second
)

// Packet is one packet of the stream.
type Packet struct {
	Seq     uint16
	Time    uint32 // RTP timestamp
	Length  uint32 // of its audio in ticks of the RTP clock; 0 if it holds none
	Kind    uint8  // passed through
	Marker  bool   // passed through
	Payload []byte // valid until the next Push
	// Lost and Pause are set by Pop: audio that is missing before the packet,
	// in ticks: lost on the way, and never sent.
	Lost, Pause uint32
}

// Stats counts packets.
type Stats struct {
	Lost       uint64 // never came, or too late
	Late       uint64 // came after the wait for them was over
	Duplicates uint64
	Reordered  uint64 // came late, but in time
	Restarts   uint64 // the sender began anew
	Strange    uint64 // sequence number far from all others
}

// Buffer orders one stream. After each Push, Pop is called until it has nothing
// more, and again when Deadline has come. One goroutine uses it. It allocates
// only until its slots have the size of the stream's packets.
type Buffer struct {
	rate  uint32
	stats Stats

	started bool
	next    uint16 // sequence number that is due
	due     uint32 // timestamp that is due
	timed   bool   // due is known
	length  uint32 // of the last audio packet
	missing uint32 // packets lost since then
	seen    uint64 // bit i: next-1-i came

	now    Packet // just pushed, not copied
	direct bool   // now is valid: it is due, or too far ahead to be held
	slots  [window]slot
	held   int

	wait     time.Duration
	needed   time.Duration // longest wait that was needed since
	since    time.Time
	suspect  uint16 // next of a stream that may have restarted
	doubtful bool
}

type slot struct {
	full bool
	at   time.Time
	p    Packet
	buf  []byte
}

// New makes a buffer for a stream whose timestamps count in rate hertz.
func New(rate int) *Buffer {
	return &Buffer{rate: uint32(rate), wait: firstWait}
}

// Reset forgets the stream, as another one begins. The figures remain.
func (b *Buffer) Reset() {
	b.started, b.timed, b.direct, b.doubtful, b.missing = false, false, false, false, 0
	for i := range b.slots {
		b.slots[i].full = false
	}
	b.held = 0
}

// SetRate changes the clock of the timestamps, when the codec changes.
func (b *Buffer) SetRate(rate int) {
	if uint32(rate) != b.rate {
		b.rate, b.timed = uint32(rate), false
	}
}

// Stats are the figures so far.
func (b *Buffer) Stats() Stats { return b.stats }

// Wait is how long a gap is waited for at present.
func (b *Buffer) Wait() time.Duration { return b.wait }

// Push takes a packet that has just come.
func (b *Buffer) Push(now time.Time, p Packet) {
	if !b.started {
		b.begin(now, p)
		return
	}
	switch ahead := int(int16(p.Seq - b.next)); {
	case ahead > maxAhead, ahead < -maxBehind:
		if !b.doubtful || p.Seq != b.suspect {
			b.doubtful, b.suspect = true, p.Seq+1
			b.stats.Strange++
			return
		}
		b.stats.Restarts++
		b.Reset()
		b.begin(now, p)
		return
	case ahead < 0:
		b.old(-ahead)
	case ahead == 0 || ahead >= window:
		if ahead == 0 && b.held > 0 {
			b.stats.Reordered++
			b.need(now.Sub(b.oldest()))
		}
		b.now, b.direct = p, true
	default:
		b.hold(now, p)
	}
	b.doubtful = false
	b.relax(now)
}

func (b *Buffer) begin(now time.Time, p Packet) {
	b.started, b.next, b.seen, b.since = true, p.Seq, 0, now
	b.now, b.direct = p, true
}

// old takes a packet from before the one that is due.
func (b *Buffer) old(behind int) {
	bit := uint64(1) << (behind - 1)
	switch {
	case behind > window:
		b.stats.Late++
	case b.seen&bit != 0:
		b.stats.Duplicates++
	default:
		b.seen |= bit
		b.stats.Late++
		b.late(behind)
	}
}

// hold copies a packet behind a gap.
func (b *Buffer) hold(now time.Time, p Packet) {
	s := &b.slots[p.Seq%window]
	if s.full {
		b.stats.Duplicates++
		return
	}
	if b.held > 0 && b.later(p.Seq) {
		// Something behind it came before: out of order, and in time so far.
		b.stats.Reordered++
	}
	s.buf = append(s.buf[:0], p.Payload...)
	s.p, s.at, s.full = p, now, true
	s.p.Payload = s.buf
	b.held++
}

// later reports whether a packet behind seq is held.
func (b *Buffer) later(seq uint16) bool {
	for i := range b.slots {
		if s := &b.slots[i]; s.full && int16(s.p.Seq-seq) > 0 {
			return true
		}
	}
	return false
}

// oldest is when the first of the held packets came.
func (b *Buffer) oldest() time.Time {
	var first time.Time
	for i := range b.slots {
		if s := &b.slots[i]; s.full && (first.IsZero() || s.at.Before(first)) {
			first = s.at
		}
	}
	return first
}

// late makes the wait longer for a packet that came when others had overtaken
// it, unless no wait would have been long enough. How many did is known better
// than when it was given up.
func (b *Buffer) late(behind int) {
	overtaken := time.Duration(behind-1) * time.Duration(b.length) * time.Second / time.Duration(b.rate)
	if overtaken > maxWait {
		return
	}
	b.need(min(max(overtaken, b.wait+step), maxWait))
	b.wait = max(b.wait, fit(b.needed))
}

// need notes a wait that would have been long enough, unless none would.
func (b *Buffer) need(d time.Duration) {
	if d <= maxWait {
		b.needed = max(b.needed, d)
	}
}

// fit is the wait for disorder of d.
func fit(d time.Duration) time.Duration {
	return min(max((d+step-1)/step*step, minWait), maxWait)
}

// relax makes the wait shorter by a step after a time in which it was longer
// than needed.
func (b *Buffer) relax(now time.Time) {
	if now.Sub(b.since) < calm {
		return
	}
	b.wait = max(fit(b.needed), b.wait-step)
	b.needed, b.since = 0, now
}
