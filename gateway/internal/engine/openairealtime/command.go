package openairealtime

import (
	"encoding/json"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/variable"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/realtime"
)

func (c *conversation) command(command call.Command) error {
	switch command := command.(type) {
	case call.DTMF:
		return c.key(command.Digit)
	case call.Say:
		return c.respond(verbatim(variable.Fill(command.Text, c.config.Vars)))
	case call.ToolResult:
		if err := send(c.conn, realtime.NewToolOutput(command.ID, output(command))); err != nil {
			return err
		}
		return c.respond(nil)
	case call.Interrupt:
		return c.interrupt(command)
	}
	return nil
}

func greeting(c call.Config) string { return variable.Fill(c.Greeting, c.Vars) }

// verbatim makes the model speak a text. It is the last paragraph, so that
// nothing in it can be taken for what comes after it.
func verbatim(text string) *realtime.Response {
	return &realtime.Response{
		ToolChoice: "none",
		Instructions: "Say exactly the following text, word for word, in its language. Say nothing before it and " +
			"nothing after it. Do not answer it.\n\n" + text,
	}
}

func output(r call.ToolResult) string {
	if r.Err == "" {
		if r.JSON == "" {
			return "{}"
		}
		return r.JSON
	}
	data, err := json.Marshal(map[string]string{"error": r.Err})
	if err != nil {
		return "{}"
	}
	return string(data)
}

// interrupt makes the model's memory what the caller heard. The backend refuses
// a truncation beyond the real length of the item.
func (c *conversation) interrupt(i call.Interrupt) error {
	c.pending, c.owed = nil, false
	if at := c.find(i.Item); at >= 0 {
		known := c.items[at]
		length := c.config.Out.Duration(known.bytes).Milliseconds()
		if err := send(c.conn, realtime.Truncate{
			Type: realtime.TypeTruncate, ItemID: known.id, ContentIndex: known.content,
			AudioEndMS: min(max(i.PlayedMS, 0), length),
		}); err != nil {
			return err
		}
	}
	if !c.active {
		return nil
	}
	return send(c.conn, realtime.ResponseCancel{Type: realtime.TypeResponseCancel})
}

// find gives the index of an utterance, -1 if it is not known.
func (c *conversation) find(id string) int {
	for i := len(c.items) - 1; i >= 0; i-- {
		if c.items[i].id == id {
			return i
		}
	}
	return -1
}

// key collects pressed keys: a number is one message, not one for each digit.
func (c *conversation) key(digit byte) error {
	c.keys = append(c.keys, digit)
	if digit == '#' || len(c.keys) == maxKeys {
		return c.tellKeys()
	}
	c.keysAt = time.Now().Add(keyPause)
	c.schedule()
	return nil
}

func (c *conversation) tellKeys() error {
	text := "[The caller pressed on the telephone: " + string(c.keys) + "]"
	c.keys, c.keysAt = c.keys[:0], time.Time{}
	if err := send(c.conn, realtime.NewText(false, text)); err != nil {
		return err
	}
	return c.respond(nil)
}
