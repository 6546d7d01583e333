package testcall

import (
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

const (
	// patience is how long the caller waits for the assistant to say anything.
	patience = 8 * time.Second
	// parting is how long the caller stays on a silent line after the last
	// answer, since the assistant may have more to say or hang up itself.
	parting = 2 * time.Second
	// ahead is how many frames of speech the line is given before their time, so
	// that a busy machine makes no gaps. Lines take half a second.
	ahead = 20
	// keyEvery is the distance between two keys.
	keyEvery = 120 * time.Millisecond
)

// deed is what the caller does in one frame; zero is to listen.
type deed struct {
	speech [][]byte // frames, said one after the other
	key    byte
	hangup bool
}

// caller carries out a script in time with what is heard: one call of hear
// per frame is its only clock.
type caller struct {
	script []action
	ear    ear
	report *Report

	step     int           // of script
	sent     int           // frames or keys of the step
	from     time.Duration // the start of what is being said
	pressed  time.Duration // the last key
	since    time.Duration // end of the last step
	answered bool          // the assistant has spoken since
	turn     *Turn         // the last one, while it waits for its answer
}

func newCaller(script []action, callerFirst bool, r *Report) *caller {
	return &caller{script: script, report: r, answered: callerFirst}
}

// hear takes the frame that is heard now and gives what to do meanwhile.
func (c *caller) hear(h channel.Heard, samples []int16) deed {
	if h.Cleared {
		c.ear.cut()
		c.cleared(h.At)
	}
	if c.ear.hear(h.At, samples) == began {
		c.began()
	}
	// A deed may take no time, so the next one may follow in the same frame.
	for c.step < len(c.script) {
		d, done := c.act(&c.script[c.step], h.At)
		if done {
			c.step++
			c.sent = 0
			c.since = h.At + audio.FrameDuration
		}
		if !done || len(d.speech) > 0 || d.key != 0 || d.hangup {
			return d
		}
	}
	return deed{hangup: c.finished(h.At, parting)}
}

// began notes that the assistant speaks.
func (c *caller) began() {
	if c.report.FirstAudioMS == nil {
		c.report.FirstAudioMS = millis(c.ear.onset)
	}
	switch t := c.turn; {
	case t == nil:
		c.answered = true
	case t.end > 0 && c.ear.onset >= t.end && !c.answered:
		c.answered = true
		t.LatencyMS = millis(c.ear.onset - t.end)
	}
}

// cleared notes that the gateway dropped what it was saying.
func (c *caller) cleared(at time.Duration) {
	if c.turn != nil && c.turn.over && c.turn.ClearMS == nil {
		c.turn.ClearMS = millis(at - c.turn.start)
	}
}

// act carries out the step that is due, if it is due.
func (c *caller) act(a *action, at time.Duration) (d deed, done bool) {
	switch {
	case a.Hangup:
		return deed{hangup: true}, true
	case a.Wait > 0:
		return deed{}, at >= c.since+a.Wait
	case a.Listen:
		return deed{}, c.finished(at, sentencePause)
	case c.sent == 0 && !c.due(a, at):
		return deed{}, false
	case a.Keys != "":
		return c.press(a, at)
	}
	return c.speak(a, at)
}

// due tells whether the caller may begin.
func (c *caller) due(a *action, at time.Duration) bool {
	if a.Over > 0 {
		return c.ear.speaking && at >= c.ear.onset+a.Over
	}
	return c.finished(at, sentencePause)
}

// finished tells whether the assistant has said all it had to say, or nothing
// for longer than the caller has patience.
func (c *caller) finished(at, silence time.Duration) bool {
	if c.ear.speaking {
		return false
	}
	if !c.answered {
		return at >= c.since+patience
	}
	return at >= max(c.ear.last, c.since)+silence || c.ear.last == 0
}

func (c *caller) speak(a *action, at time.Duration) (d deed, done bool) {
	if c.sent == 0 {
		c.from = at
		c.begin(a.said, at+time.Duration(a.first)*audio.FrameDuration)
		c.turn.end = at + time.Duration(a.last+1)*audio.FrameDuration
	}
	said := int((at-c.from)/audio.FrameDuration) + 1
	n := min(said+ahead, len(a.frames))
	d.speech, c.sent = a.frames[c.sent:n], n
	return d, said >= len(a.frames)
}

func (c *caller) press(a *action, at time.Duration) (d deed, done bool) {
	if c.sent == 0 {
		c.begin(a.said, at)
	} else if at < c.pressed+keyEvery {
		return deed{}, false
	}
	c.pressed = at
	c.sent++
	if done = c.sent == len(a.Keys); done {
		c.turn.end = at // a key takes no time
	}
	return deed{key: a.Keys[c.sent-1]}, done
}

// begin opens the caller's next turn.
func (c *caller) begin(said string, start time.Duration) {
	c.turn = &Turn{Said: said, AtMS: start.Milliseconds(), start: start, over: c.ear.speaking}
	c.report.Turns = append(c.report.Turns, c.turn)
	c.answered = false
}
