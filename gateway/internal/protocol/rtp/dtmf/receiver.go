package dtmf

import "time"

const (
	// lostEnd is how long after its last packet a key counts as released whose
	// end packets were lost.
	lostEnd = 200 * time.Millisecond
	// same is how far apart the reports of one key may be that comes as a
	// telephone event and in the signalling.
	same = 100 * time.Millisecond
	// segment is the longest duration of an event; a longer one goes on with a
	// timestamp that is so much greater, RFC 4733 section 2.5.1.3.
	segment = 0xFFFF
)

// Receiver finds the keys of one stream, each once. One goroutine uses it.
type Receiver struct {
	last    press
	time    uint32 // RTP timestamp of last
	known   bool   // time is valid
	told    press  // by the signalling
	unknown uint64
}

// press is one key from when it was pressed to when it was last seen pressed.
type press struct {
	key      byte
	from, to time.Time
	ended    bool
	paired   bool // the other way has reported it as well
}

// near reports whether a moment belongs to the press or may.
func (p *press) near(key byte, now time.Time) bool {
	if p.key != key || p.paired || p.from.IsZero() {
		return false
	}
	to := p.to
	if !p.ended {
		to = to.Add(lostEnd)
	}
	return !now.Before(p.from.Add(-same)) && !now.After(to.Add(same))
}

// Packet takes a telephone event and its RTP timestamp. It answers a key when
// one begins: all packets of one press have one timestamp, and which of them
// are lost, doubled, marked or called the end does not matter.
func (r *Receiver) Packet(now time.Time, timestamp uint32, payload []byte) (key byte, ok bool) {
	e, err := Parse(payload)
	if err != nil {
		r.unknown++
		return 0, false
	}
	key, ok = Key(e.Code)
	if !ok {
		r.unknown++
		return 0, false
	}
	if r.known {
		ahead := int32(timestamp - r.time)
		longer := ahead == segment && key == r.last.key && !r.last.ended
		if ahead < 0 && !r.stale(now) {
			return 0, false // of an older press
		}
		if ahead == 0 || longer {
			r.time = timestamp
			r.last.to, r.last.ended = now, r.last.ended || e.End
			return 0, false
		}
	}
	paired := r.told.near(key, now)
	r.told.paired = r.told.paired || paired
	r.last = press{key: key, from: now, to: now, ended: e.End, paired: paired}
	r.time, r.known = timestamp, true
	return key, !paired
}

// stale reports whether the last press is so old that a smaller timestamp is
// that of a clock that was set anew.
func (r *Receiver) stale(now time.Time) bool { return now.Sub(r.last.to) > 2*time.Second }

// Told takes a key that came in the signalling (SIP INFO) and reports whether
// it is news: a peer may send each key both ways.
func (r *Receiver) Told(now time.Time, key byte) bool {
	if _, ok := code(key); !ok {
		r.unknown++
		return false
	}
	if r.last.near(key, now) {
		r.last.paired = true
		return false
	}
	r.told = press{key: key, from: now, to: now, ended: true}
	return true
}

// Reset forgets the stream, as another one begins.
func (r *Receiver) Reset() { r.known = false }

// Unknown is how many events were no key.
func (r *Receiver) Unknown() uint64 { return r.unknown }
