package scripted

import (
	"context"
	"slices"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
)

// maxQuestions is how often a caller is asked to confirm a keyword.
const maxQuestions = 2

// turn: the caller said something and stopped. What is longer than the ear
// keeps is no command.
func (c *conversation) turn(s audio.Sound, whole bool) {
	switch {
	case c.tool != "":
	case c.state.echo:
		next := c.state.next
		c.play(s, playedBack)
		c.enter(next)
	case c.confirm != nil:
		c.answer(c.recognize(c.answers[c.state], s, whole))
	case c.state.gather != nil:
		c.keyword(c.recognize(c.keywords[c.state], s, whole))
	}
}

// recognize looks for a keyword; the zero Result says that there is none.
func (c *conversation) recognize(g *speech.Grammar, s audio.Sound, whole bool) speech.Result {
	if g == nil || !whole {
		return speech.Result{}
	}
	ctx, cancel := context.WithTimeout(c.Alive(), hearTimeout)
	defer cancel()
	r, err := c.recognizer.Recognize(ctx, g, s)
	if err != nil {
		return speech.Result{} // too slow, or the call is over
	}
	return r
}

// keyword follows a spoken keyword. A mistake that ends or transfers the call
// is costly, so that is always confirmed.
func (c *conversation) keyword(r speech.Result) {
	if !r.Accepted {
		c.unmatched()
		return
	}
	c.heard(r.Keyword)
	target := c.state.gather.keywords[r.Keyword]
	if r.Sure && !c.script.final(target) {
		c.enter(target)
		return
	}
	c.confirm = &confirmation{keyword: r.Keyword, target: target}
	c.ask()
}

func (c *conversation) ask() {
	c.confirm.asked++
	c.speak(question(c.confirm.keyword))
}

// answer takes the answer to a question. Saying the keyword again affirms it,
// saying another one changes it.
func (c *conversation) answer(r speech.Result) {
	switch {
	case r.Accepted && (r.Keyword == yes || r.Keyword == no || r.Keyword == c.confirm.keyword):
		c.heard(r.Keyword)
		c.confirmed(r.Keyword != no)
	case r.Accepted:
		c.keyword(r)
	case c.confirm.asked < maxQuestions:
		c.ask()
	default:
		c.confirmed(false)
	}
}

func (c *conversation) confirmed(ok bool) {
	target := c.confirm.target
	c.confirm = nil
	if !ok {
		c.unmatched()
		return
	}
	c.enter(target)
}

// key follows a pressed key.
func (c *conversation) key(digit byte) {
	switch {
	case c.tool != "":
		return
	case c.confirm != nil && slices.Contains([]byte{yesKey, noKey}, digit):
		c.confirmed(digit == yesKey)
		return
	case c.state.echo:
		c.enter(c.state.next)
	}
	g := c.state.gather
	if g == nil {
		return
	}
	if target, ok := g.dtmf[string(digit)]; ok {
		c.enter(target)
		return
	}
	c.unmatched()
}

// unmatched: the caller did something that the state does not know.
func (c *conversation) unmatched() {
	if to := c.state.gather.otherwise; to != "" {
		c.enter(to)
		return
	}
	c.enter(c.name)
}
