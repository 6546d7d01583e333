package mediastream_test

import (
	"encoding/base64"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/userbot/userbottest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

// said is what a bot heard from the platform, read without the gateway's own
// decoder.
type said struct {
	Event          string
	SequenceNumber string
	StreamSID      string `json:"streamSid"`
	Media          struct{ Payload string }
	Start          struct {
		CustomParameters map[string]string
	}
	Mark struct{ Name string }
	DTMF struct{ Digit string }
}

// line is a bot's end of one stream.
type line struct {
	*userbottest.Line
	sid string
}

func listen(t *testing.T, serve func(*line)) *userbottest.Bot {
	t.Helper()
	return userbottest.Listen(t, "/streams", func(l *userbottest.Line) { serve(&line{Line: l}) })
}

// next is the next message; ok is false at the end.
func (l *line) next() (s said, ok bool) {
	ok = l.Read(&s)
	if s.Event == "start" {
		l.sid = s.StreamSID
	}
	return s, ok
}

// until reads to the next message of a kind.
func (l *line) until(event string) (s said, ok bool) {
	for {
		if s, ok = l.next(); !ok || s.Event == event {
			return s, ok
		}
	}
}

func (l *line) send(text string) {
	l.Send(strings.ReplaceAll(text, "SID", l.sid))
}

func (l *line) media(data []byte) {
	l.send(`{"event":"media","streamSid":"SID","media":{"payload":"` + base64.StdEncoding.EncodeToString(data) + `"}}`)
}

func (l *line) mark(name string) {
	l.send(`{"event":"mark","streamSid":"SID","mark":{"name":"` + name + `"}}`)
}

func (l *line) clear() { l.send(`{"event":"clear","streamSid":"SID"}`) }

// talking greets unless it is not to, is interrupted by the caller and answers
// every turn with a tone.
func talking(l *line) {
	vad := audio.NewVAD(8000, audio.VADConfig{})
	for {
		s, ok := l.next()
		if !ok {
			return
		}
		switch s.Event {
		case "start":
			if s.Start.CustomParameters["caller_first"] == "" {
				l.media(enginetest.Tone(audio.Mulaw8k, time.Second))
				l.mark("greeting")
			}
		case "media":
			data, err := base64.StdEncoding.DecodeString(s.Media.Payload)
			if err != nil {
				l.T.Error(err)
			}
			switch vad.Frame(audio.PCMU.AppendDecode(nil, data)).Change {
			case audio.SpeechStarted:
				l.clear()
			case audio.SpeechStopped:
				l.media(enginetest.Tone(audio.Mulaw8k, 500*time.Millisecond))
			}
		}
	}
}

func tone(d time.Duration) []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(d))
	for i := range b {
		b[i] = byte(i%40) + 1
	}
	return b
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func dialer(t testing.TB) *outbound.Client {
	t.Helper()
	c := outbound.New(loopback, nil)
	t.Cleanup(c.Close)
	return c
}
