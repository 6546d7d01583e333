package scripted

import (
	"encoding/json"
	"strconv"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// begin enters the first state. A caller who speaks first, or who talks again
// after the engine was opened again, may still ask for what it says.
func (c *conversation) begin() {
	if l := c.say(c.script.states[c.script.start]); c.config.CallerFirst && l.text != "" {
		c.last = []line{l}
	}
	c.follow(c.script.start, !c.config.CallerFirst)
}

// enter goes to a state after the caller did something.
func (c *conversation) enter(name string) {
	c.saying = nil
	c.follow(name, true)
}

// follow goes from state to state until one waits. The script was checked not
// to go round in circles. aloud is false to leave out what the first one says.
func (c *conversation) follow(name string, aloud bool) {
	c.confirm, c.tool, c.retries = nil, "", 0
	for ; name != ""; aloud = true {
		c.name, c.state = name, c.script.states[name]
		st := c.state
		if t := st.transfer; t != nil && !c.reachable(t.destination) {
			name = t.refused
			continue
		}
		if l := c.say(st); aloud && l.text != "" {
			c.speak(l)
			c.saying = append(c.saying, l)
		}
		if st.repeat {
			for _, l := range c.last {
				c.speak(l)
			}
		}
		name = st.next
		switch {
		case st.gather != nil:
			if len(c.saying) > 0 {
				c.last = c.saying
			}
			c.wait()
		case st.echo:
			return
		case st.end:
			c.call(call.ToolEnd, nil)
		case st.transfer != nil:
			c.call(call.ToolTransfer, map[string]string{"destination": st.transfer.destination})
		}
	}
}

// reachable reports whether asking for a transfer makes sense. The channel has
// the last word.
func (c *conversation) reachable(destination string) bool {
	if destination == "" {
		return c.config.HasLiveAgent
	}
	_, ok := c.destination(destination)
	return ok
}

// call asks the session to do something that ends the call.
func (c *conversation) call(tool string, args map[string]string) {
	c.tools++
	c.tool = "t" + strconv.Itoa(c.tools)
	e := call.Event{Kind: call.EventToolCall, ID: c.tool, Name: tool}
	if args != nil {
		b, _ := json.Marshal(args) // strings always have a JSON form
		e.Args = string(b)
	}
	c.Send(e)
}

// result is the answer to call. A transfer that is refused leads on; success
// is followed by the end of the conversation.
func (c *conversation) result(r call.ToolResult) {
	if r.ID != c.tool || c.tool == "" || r.Err == "" {
		return
	}
	c.tool = ""
	if t := c.state.transfer; t != nil {
		c.enter(t.refused)
	}
}

// wait starts the clock of a gather once the caller has heard everything and
// is not speaking.
func (c *conversation) wait() {
	g := c.state.gather
	if g == nil || g.timeout == 0 || c.confirm != nil || c.playing != "" || c.ear.Speaking() {
		return
	}
	c.timer.Reset(g.timeout)
}

// timeout: the caller said nothing.
func (c *conversation) timeout() {
	g := c.state.gather
	if g == nil || c.confirm != nil {
		return
	}
	if c.retries >= g.retries {
		c.enter(g.onTimeout)
		return
	}
	again := c.retries + 1
	c.enter(c.name)
	c.retries = again
}
