package call

import (
	"strconv"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
)

const (
	// maxLate is how late the pacer may be and still catch up. Beyond it time
	// was lost for everybody, and a burst would only add delay.
	maxLate = 60 * time.Millisecond
	// starvedFrames is how many frames of silence an incomplete frame waits
	// for its rest before it is sent anyway.
	starvedFrames = 5
	// dry is how much a platform's queue holds at least when it is given a
	// message that is smaller than it should be.
	dry = audio.FrameDuration
)

// action is what the down goroutine does next.
type action struct {
	kind  actionKind
	n     int           // actWrite: bytes in the buffer, possibly none
	paced bool          // actWrite: it was due at one moment
	late  time.Duration // actWrite, paced: how much later than that it is
	mark  string        // actWrite: asked for behind it, unless empty
	since time.Time     // actClear: when the interruption was accepted
	until time.Time     // actWait
}

type actionKind uint8

const (
	actStop actionKind = iota
	actClear
	actWrite
	actWait
)

// next decides what to do now and fills buf, of chunk frames, if that is to send
// audio.
func (p *playout) next(now time.Time, buf []byte) action {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enough = 0
	switch {
	case p.closed:
		return action{kind: actStop}
	case p.clearing:
		p.clearing = false
		return action{kind: actClear, since: p.clearFrom}
	case p.markDue:
		return action{kind: actWrite, mark: p.issueMark(now)}
	}
	due := p.sentUntil
	if late := now.Sub(due); late > maxLate || (p.Sparse && late > 0) {
		p.sentUntil = now
	}
	if full := p.sentUntil.Add(-p.Ahead); full.After(now) {
		return action{kind: actWait, until: full}
	}
	frames, again := p.sendable(now)
	switch {
	case frames > 0:
		p.send(now, buf[:frames*p.frame])
		a := action{kind: actWrite, n: frames * p.frame, paced: !p.buffered, late: now.Sub(due)}
		if p.markDue {
			a.mark = p.issueMark(now)
		}
		return a
	case !again.IsZero():
		return action{kind: actWait, until: again}
	case p.sentUntil.After(now):
		return action{kind: actWait, until: p.sentUntil}
	case p.sinceMark > 0:
		return action{kind: actWrite, mark: p.issueMark(now)}
	case p.Sparse:
		return action{kind: actWait, until: now.Add(time.Hour)} // for what wakes it
	}
	p.format.Silence(buf[:p.frame])
	p.line += int64(p.frame)
	p.tick(1)
	p.starved++
	return action{kind: actWrite, n: p.frame, paced: true, late: now.Sub(due)}
}

// sendable is how many frames to send now; if none, when to look again at the
// latest, unless that is when the platform has nothing left. An incomplete frame
// is sent only when nothing can follow it, or nothing has for a while.
func (p *playout) sendable(now time.Time) (frames int, again time.Time) {
	frames = p.queue.n / p.frame
	switch {
	case p.queue.n == 0:
		return 0, time.Time{}
	case frames == 0 && p.Sparse && !p.complete():
		again = p.waiting.Add(starvedFrames * audio.FrameDuration)
		if now.Before(again) {
			return 0, again
		}
		return 1, time.Time{}
	case frames == 0 && (p.complete() || p.starved >= starvedFrames):
		return 1, time.Time{}
	case frames == 0:
		return 0, time.Time{}
	case !p.buffered:
		return 1, time.Time{}
	}
	lead := p.sentUntil.Sub(now)
	room := int((p.Ahead - lead) / audio.FrameDuration)
	if p.Piece == 0 {
		// The frame that begins within Ahead, too; a mark at its exact distance.
		return min(frames, room+1, p.chunk-p.sinceMark/p.frame, p.untilCue()), time.Time{}
	}
	if again = p.patience(now, lead, room); !again.IsZero() {
		return 0, again
	}
	return min(frames, room, p.chunk, p.untilCue()), time.Time{}
}

// patience says until when a message waits that would be smaller than the
// platform wants it, because there is no more to say yet or no room for more;
// zero means that it does not wait.
func (p *playout) patience(now time.Time, lead time.Duration, room int) (until time.Time) {
	have := p.format.Duration(p.queue.n)
	want := min(have, p.Piece)
	var enough time.Duration
	switch {
	case have < p.First && lead <= 0 && !p.complete():
		until, enough = p.waiting.Add(p.First), p.First
	case have < p.Piece && lead > 0 && !p.complete():
		until, enough = p.sentUntil.Add(-dry), p.Piece
	case time.Duration(room)*audio.FrameDuration < want:
		until = p.sentUntil.Add(want - p.Ahead)
	}
	if !until.After(now) {
		return time.Time{}
	}
	p.enough = p.format.Bytes(enough)
	return until
}

// untilCue is how many frames to send before a mark is wanted.
func (p *playout) untilCue() int {
	for i := range p.cues.n {
		if c := p.cues.at(i); c.kind != cueStart {
			return max(1, int((c.at-p.taken+int64(p.frame)-1)/int64(p.frame)))
		}
	}
	return p.chunk
}

// complete reports whether the queue ends with an utterance that is complete.
func (p *playout) complete() bool {
	for i := p.cues.n - 1; i >= 0; i-- {
		switch c := p.cues.at(i); {
		case c.at != p.pushed:
			return false
		case c.kind == cueDone, c.kind == cueEnd:
			return true
		}
	}
	return false
}

// send takes audio from the queue into buf, whole frames, padded with silence.
func (p *playout) send(now time.Time, buf []byte) {
	n := min(len(buf), p.queue.n)
	p.queue.read(buf[:n])
	p.format.Silence(buf[n:])
	for end := p.taken + int64(n); p.taken < end; {
		p.reach(now, true)
		step := end - p.taken
		if p.cues.n > 0 {
			step = min(step, p.cues.at(0).at-p.taken)
		}
		p.extend(step)
	}
	p.reach(now, false)
	p.line += int64(len(buf) - n)
	p.tick(len(buf) / p.frame)
	if p.buffered {
		p.sinceMark += len(buf)
		p.markDue = p.markDue || p.sinceMark >= p.format.Bytes(markEvery)
	}
	p.waiting, p.empty = now, false
	// The owner wants to know when everything was played. A platform that
	// answers marks will tell.
	if p.queue.n == 0 && !(p.buffered && p.echoes) {
		signal(p.notify)
	}
}

// extend records that the next n bytes of the queue are the next of the line.
func (p *playout) extend(n int64) {
	if r := p.runs.last(); r != nil && r.id == p.sending && r.line+r.n == p.line && r.pos+r.n == p.sentOf {
		r.n += n
	} else {
		p.runs.push(run{line: p.line, n: n, id: p.sending, pos: p.sentOf})
	}
	p.taken += n
	p.line += n
	p.sentOf += n
	p.audioEnd = p.line
}

// tick moves the clock by whole frames.
func (p *playout) tick(frames int) {
	p.sentUntil = p.sentUntil.Add(time.Duration(frames) * audio.FrameDuration)
	p.framesOut += int64(frames)
}

// reach carries out the cues at the present queue position. An utterance
// begins only when its audio is really being sent.
func (p *playout) reach(now time.Time, sending bool) {
	for p.cues.n > 0 {
		c := *p.cues.at(0)
		if c.at > p.taken || (c.kind == cueStart && !sending) {
			return
		}
		p.cues.pop()
		switch c.kind {
		case cueStart:
			p.completeSending()
			p.startUtterance(c.id)
			p.news.push(news{kind: newsStarted, id: c.id, at: now})
			signal(p.notify)
		case cueDone:
			p.completeSending()
			p.markDue = p.buffered
		case cueMark:
			if p.confirm(now) >= p.audioEnd {
				p.tell(c.name)
			} else {
				p.marks.push(engineMark{c.name, p.audioEnd})
				p.markDue = true
			}
		case cueEnd:
			// Without marks there is no answer to wait for where the platform has
			// said that nothing is left.
			p.ended = !p.buffered || !p.marking && p.empty
			p.markDue, p.endDue = !p.ended, !p.ended
			signal(p.notify)
		}
	}
}

func (p *playout) startUtterance(id int) {
	p.sending, p.sentOf = id, 0
	for i := range p.utterances.n {
		if u := p.utterances.at(i); !u.started {
			u.started = true
			return
		}
	}
}

// completeSending closes the utterance that was being sent.
func (p *playout) completeSending() {
	for i := range p.utterances.n {
		if u := p.utterances.at(i); u.started && u.end < 0 {
			u.end, u.sent = p.line, p.sentOf
			return
		}
	}
}

// issueMark enters the next mark into the ledger.
func (p *playout) issueMark(now time.Time) (name string) {
	p.markSeq++
	due := p.sentUntil
	if due.Before(now) {
		due = now
	}
	grace := echoGrace
	if p.Mute || !p.marking && !p.endDue {
		grace = clockGrace // only the end of the call waits for the platform's word
	}
	p.ledger.push(entry{seq: p.markSeq, line: p.line, due: due.Add(grace), end: p.endDue})
	p.markDue, p.endDue, p.sinceMark = false, false, 0
	signal(p.notify)
	return "g" + strconv.Itoa(p.gen) + "-" + strconv.Itoa(p.markSeq)
}

// cleared restarts the clock after the platform dropped what it had queued.
func (p *playout) cleared(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sentUntil = now
}
