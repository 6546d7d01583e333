package conversationrelay_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/userbot/userbottest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

// said is what a bot is told, read without the gateway's own types.
type said struct {
	Type                     string
	CustomParameters         map[string]string
	VoicePrompt, Lang        string
	Digit                    string
	UtteranceUntilInterrupt  string
	DurationUntilInterruptMs int64
	Description              string
}

// line is a bot's end of one session.
type line struct{ *userbottest.Line }

func listen(t *testing.T, serve func(line)) *userbottest.Bot {
	t.Helper()
	return userbottest.Listen(t, "/relay", func(l *userbottest.Line) { serve(line{l}) })
}

// next is the next message; ok is false at the end.
func (l line) next() (s said, ok bool) {
	ok = l.Read(&s)
	return s, ok
}

func (l line) until(kind string) (s said, ok bool) {
	for {
		if s, ok = l.next(); !ok || s.Type == kind {
			return s, ok
		}
	}
}

func (l line) send(messages ...string) {
	for _, m := range messages {
		l.Send(m)
	}
}

func (l line) text(token string, last bool) {
	b, err := json.Marshal(map[string]any{"type": "text", "token": token, "last": last})
	if err != nil {
		l.T.Error(err)
	}
	l.send(string(b))
}

// talking answers every prompt, in pieces as a model gives them; 0 hands over and
// # ends.
func talking(l line) {
	for {
		s, ok := l.next()
		if !ok {
			return
		}
		switch {
		case s.Type == "prompt":
			l.text("You said: ", false)
			l.text(s.VoicePrompt+" Is that", false)
			l.text(" right?", true)
		case s.Digit == "0":
			l.text("One moment.", true)
			l.send(`{"type":"end","handoffData":"{\"reason\":\"caller\"}"}`)
		case s.Digit == "#":
			l.text("Goodbye.", true)
			l.send(`{"type":"end"}`)
		}
	}
}

func outside(t testing.TB) *outbound.Client {
	t.Helper()
	c := outbound.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil)
	t.Cleanup(c.Close)
	return c
}
