package conversationrelay

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/variable"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/conversationrelay"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

const (
	// maxJobs wait to be spoken.
	maxJobs = 200
	// maxSpoken utterances are remembered, of which the caller may be hearing one.
	maxSpoken = 16
	// played stands in the record for a sound that the bot has played.
	played = "[playback]"
)

// voice is what is being said and what is to be said.
type voice struct {
	items   int
	open    *utterance // of the bot, not complete; nil for none
	buffer  string     // of it, without a sentence's end
	jobs    []job
	busy    bool // a job is being given a sound
	spoken  []*utterance
	playing string // mark of the last utterance that may not have been heard to its end
	skip    bool   // what still comes of an interrupted utterance
	full    bool   // maxJobs was exceeded
}

// utterance is something that is said in one go.
type utterance struct {
	item    string
	pieces  []piece
	dropped bool // by an interruption
}

// piece is a sentence of it, and how long it takes.
type piece struct {
	text string
	time time.Duration
}

// job is one step of what is to be said.
type job struct {
	kind     jobKind
	of       *utterance
	text     string // a sentence, or the data of a hand-over
	source   string
	language string
	purpose  speech.Purpose
}

type jobKind uint8

const (
	jobSay    jobKind = iota + 1 // text
	jobPlay                      // source
	jobFinish                    // the utterance is complete
	jobEnd                       // so is the conversation; text
)

// greet says the greeting, as the platform does.
func (c *conversation) greet() {
	if text := greeting(c.config); text != "" {
		c.utter(text, speech.PurposeGreeting)
	}
}

func greeting(o call.Config) string {
	if o.CallerFirst || o.Generated {
		return ""
	}
	return strings.TrimSpace(variable.Fill(o.Greeting, o.Vars))
}

// say says a sentence of the gateway behind everything else.
func (c *conversation) say(text string) { c.utter(text, speech.PurposeStillThere) }

func (c *conversation) utter(text string, p speech.Purpose) {
	c.close()
	u := c.utterance()
	c.enqueue(job{kind: jobSay, of: u, text: text, language: c.config.Language, purpose: p})
	c.enqueue(job{kind: jobFinish, of: u})
}

func (c *conversation) utterance() *utterance {
	c.voice.items++
	return &utterance{item: "r" + strconv.Itoa(c.voice.items)}
}

// token takes a piece of text of the bot. What comes after an interruption is of
// the utterance that was interrupted until that is complete, or until the bot was
// told something new.
func (c *conversation) token(token string, last bool) {
	v := &c.voice
	if v.skip {
		v.skip = !last
		return
	}
	if v.open == nil {
		v.open = c.utterance()
	}
	var sentences []string
	sentences, v.buffer = cut(v.buffer + token)
	for _, s := range sentences {
		c.sentence(s)
	}
	if last {
		c.close()
	}
}

// close completes what the bot is saying.
func (c *conversation) close() {
	v := &c.voice
	if v.open == nil {
		return
	}
	if rest := strings.TrimSpace(v.buffer); rest != "" {
		c.sentence(rest)
	}
	c.enqueue(job{kind: jobFinish, of: v.open})
	v.open, v.buffer = nil, ""
}

func (c *conversation) sentence(text string) {
	c.enqueue(job{kind: jobSay, of: c.voice.open, text: text, language: c.speaks, purpose: speech.PurposeStatement})
}

// play has a sound played behind everything else.
func (c *conversation) play(source string) {
	c.close()
	u := c.utterance()
	c.enqueue(job{kind: jobPlay, of: u, text: played, source: source})
	c.enqueue(job{kind: jobFinish, of: u})
}

func (c *conversation) enqueue(j job) {
	v := &c.voice
	if len(v.jobs) >= maxJobs && (j.kind == jobSay || j.kind == jobPlay) {
		if !v.full {
			c.complain("text: too much waits to be spoken")
		}
		v.full = true
		return
	}
	v.jobs = append(v.jobs, j)
}

// proceed does the jobs that need no sound, and gives the next one away.
func (c *conversation) proceed() {
	v := &c.voice
	for !v.busy && len(v.jobs) > 0 {
		j := v.jobs[0]
		v.jobs = v.jobs[1:]
		switch j.kind {
		case jobSay, jobPlay:
			v.busy = true
			c.work <- j // has room: nothing is being done
		case jobFinish:
			if len(j.of.pieces) == 0 {
				break // nothing could be said
			}
			c.Send(call.Event{Kind: call.EventAudioDone, Item: j.of.item})
			c.Send(call.Event{Kind: call.EventMark, Name: j.of.item})
		case jobEnd:
			c.hangUp(j.text)
		}
	}
}

// hangUp ends the call as the bot wants: with data for whom it is handed to.
func (c *conversation) hangUp(handoff string) {
	e := call.Event{Kind: call.EventToolCall, ID: "end", Name: call.ToolEnd}
	if handoff != "" {
		// A string always has a JSON form.
		args, _ := json.Marshal(map[string]string{"destination": "", "summary": handoff})
		e.Name, e.Args = call.ToolTransfer, string(args)
	}
	c.Send(e)
}

// sounded says what was given a sound.
func (c *conversation) sounded(s sounded) {
	v := &c.voice
	v.busy = false
	u := s.of
	switch {
	case s.err != nil && s.kind == jobPlay:
		c.complain("play: " + s.err.Error())
		return
	case s.err != nil, u.dropped, len(s.sound.Samples) == 0:
		return
	}
	if len(u.pieces) == 0 {
		v.spoken = append(v.spoken, u)
		v.spoken = v.spoken[max(0, len(v.spoken)-maxSpoken):]
	}
	u.pieces = append(u.pieces, piece{s.text, s.sound.Duration()})
	v.playing = u.item
	if c.ear != nil {
		c.ear.SetPlaying(audio.RMS(s.sound.Samples))
	}
	c.Send(call.Event{
		Kind: call.EventAudio, Item: u.item,
		Data: audio.L16.AppendEncode(make([]byte, 0, 2*len(s.sound.Samples)), s.sound.Samples),
	})
	c.Send(call.Event{
		Kind: call.EventTranscript, Role: call.RoleAssistant, Item: u.item, Text: u.text(), Final: true,
	})
}

func (u *utterance) text() string {
	all := make([]string, len(u.pieces))
	for i, p := range u.pieces {
		all[i] = p.text
	}
	return strings.Join(all, " ")
}

// heard is what was said of an utterance in its first d.
func (u *utterance) heard(d time.Duration) string {
	var all []string
	for _, p := range u.pieces {
		if part := heardOf(p.text, float64(d)/float64(p.time)); part != "" {
			all = append(all, part)
		}
		if d -= p.time; d <= 0 {
			break
		}
	}
	return strings.Join(all, " ")
}

// interrupt drops everything that is being said, and tells the bot what the
// caller heard of it. How the conversation ends was decided and stays.
func (c *conversation) interrupt(i call.Interrupt) {
	v := &c.voice
	heard := ""
	for _, u := range v.spoken {
		if u.item == i.Item {
			heard = u.heard(time.Duration(i.PlayedMS) * time.Millisecond)
		}
		u.dropped = true
	}
	for _, j := range v.jobs {
		if j.of != nil {
			j.of.dropped = true
		}
	}
	v.jobs = slices.DeleteFunc(v.jobs, func(j job) bool { return j.kind != jobEnd })
	if v.open != nil {
		v.open.dropped, v.skip = true, true
		v.open, v.buffer = nil, ""
	}
	v.full = false
	c.silent()
	c.write(func(dst []byte) []byte { return conversationrelay.AppendInterrupt(dst, heard, i.PlayedMS) })
}

// silent notes that the caller hears nothing more of what was said.
func (c *conversation) silent() {
	c.voice.playing = ""
	if c.ear != nil {
		c.ear.SetPlaying(audio.Silent)
	}
}
