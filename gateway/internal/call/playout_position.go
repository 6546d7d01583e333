package call

import (
	"strconv"
	"strings"
	"time"
)

// echo takes the platform's answer to a mark. Answers of older generations
// come after a clear, played or not, and say nothing.
func (p *playout) echo(name string, at time.Time) {
	gen, seq, ok := parseMark(name)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !ok || gen != p.gen || p.ledger.n == 0 || seq < p.ledger.at(0).seq || seq > p.ledger.last().seq {
		return
	}
	p.echoes, p.echoed, p.echoAt = true, true, at
	for p.ledger.n > 0 && p.ledger.at(0).seq <= seq {
		e := p.ledger.pop()
		p.echoLine = e.line
		p.passed(e)
	}
}

// drained takes the platform's word that it has nothing left to play. If it
// should have more than what may be on its way, the word is out of date.
func (p *playout) drained(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.n > 0 || p.sentUntil.Sub(at) > p.Ahead/2 {
		return
	}
	p.empty = true
	if p.sentUntil.After(at) {
		p.sentUntil = at
	}
	for p.ledger.n > 0 {
		p.passed(p.ledger.pop())
	}
}

// parseMark splits "g{generation}-{n}".
func parseMark(name string) (gen, seq int, ok bool) {
	rest, ok := strings.CutPrefix(name, "g")
	if !ok {
		return 0, 0, false
	}
	a, b, _ := strings.Cut(rest, "-")
	gen, errGen := strconv.Atoi(a)
	seq, errSeq := strconv.Atoi(b)
	return gen, seq, errGen == nil && errSeq == nil
}

// passed records that everything before a mark was played.
func (p *playout) passed(e entry) {
	p.confirmed = e.line
	for p.marks.n > 0 && p.marks.at(0).line <= e.line {
		p.tell(p.marks.pop().name)
	}
	p.ended = p.ended || e.end
}

// played is the line position the caller hears. On a leg whose platform answers
// marks it is the last one answered plus the time since, but not beyond the next
// mark; before the first answer, and where no marks are, it is the clock, which
// cannot pass what was sent.
func (p *playout) played(now time.Time) int64 {
	if !p.buffered {
		return p.line
	}
	if !p.echoed {
		unplayed := p.format.Bytes(max(0, p.sentUntil.Sub(now)))
		return max(0, p.line-int64(unplayed))
	}
	limit := p.line
	if p.ledger.n > 0 {
		limit = p.ledger.at(0).line
	}
	return min(limit, p.echoLine+int64(p.format.Bytes(max(0, now.Sub(p.echoAt)))))
}

// confirm is the line position up to which everything was certainly played:
// the last mark answered, or the clock if the platform answers none.
func (p *playout) confirm(now time.Time) int64 {
	for p.ledger.n > 0 && !now.Before(p.ledger.at(0).due) {
		p.passed(p.ledger.pop())
	}
	if p.buffered && p.echoes {
		return p.confirmed
	}
	return p.played(now)
}

// settle makes news of utterances that were played to their end and forgets
// what lies before the played position, which it gives.
func (p *playout) settle(now time.Time) (at int64) {
	at = p.confirm(now)
	for p.utterances.n > 0 {
		u := *p.utterances.at(0)
		if u.end < 0 || u.end > at {
			break
		}
		p.utterances.pop()
		p.news.push(news{kind: newsEnded, id: u.id, heard: p.format.Duration(int(u.sent))})
	}
	for p.runs.n > 1 && p.runs.at(1).line <= at {
		p.runs.pop()
	}
	return at
}

// heard is how many bytes of an utterance were played at a line position.
func (p *playout) heard(u *utterance, at int64) int64 {
	if !u.started {
		return 0
	}
	for i := p.runs.n - 1; i >= 0; i-- {
		if r := p.runs.at(i); r.id == u.id && r.line < at {
			return r.pos + min(r.n, at-r.line)
		}
	}
	return 0
}

// speaking is the utterance that is being heard or will be next, including one
// the engine has not completed.
func (p *playout) speaking(now time.Time) (id int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle(now)
	if p.utterances.n == 0 {
		return 0, false
	}
	return p.utterances.at(0).id, true
}

// idle reports whether everything was played up to the confirmed line position
// at, see poll.
func (p *playout) idle(now time.Time, at int64) (idle bool, again time.Time) {
	switch {
	case p.queue.n == 0 && p.cues.n == 0 && at >= p.audioEnd:
		if last := p.ledger.last(); last != nil && last.end {
			return true, last.due // then the call is over
		}
		return true, time.Time{}
	case p.ledger.n > 0 && p.echoes:
		return false, p.ledger.at(0).due
	case p.queue.n == 0 && p.buffered && !p.echoes:
		return false, now.Add(p.format.Duration(int(p.audioEnd-at)) + time.Millisecond)
	}
	return false, time.Time{}
}

// over reports whether the end queued by finish was played.
func (p *playout) over(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirm(now)
	return p.ended
}

// remaining is how long everything sent and queued still plays.
func (p *playout) remaining(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.format.Duration(p.queue.n) + max(0, p.sentUntil.Sub(now))
}
