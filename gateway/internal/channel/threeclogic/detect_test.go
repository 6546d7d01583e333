package threeclogic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

const validate = `{"type":"connection.validate"}`

// FuzzDetect: any first message is of one dialect or of none.
func FuzzDetect(f *testing.F) {
	f.Add([]byte(mediaStart))
	f.Add([]byte(botStart))
	f.Add([]byte(`{"event":"start","type":"session.initiate"}`))
	f.Fuzz(func(t *testing.T, msg []byte) {
		require.LessOrEqual(t, detect(msg), audioCodes)
	})
}

// Section 4, with the answer to each first message. Vector 5 is among them.
func testFraming(t *testing.T) {
	g := newGateway(nil)
	g.serve = hold
	url := g.listen(t, &quick)
	for _, tt := range []struct {
		name   string
		pinned string
		frames []string
		code   int
		reason string
	}{
		{"both keys", "", []string{`{"event":"start","type":"session.initiate"}`}, 1008, problemFraming},
		{"neither key", "", []string{`{"kind":"start"}`}, 1008, problemFraming},
		{"other value", "", []string{`{"event":"media"}`}, 1008, problemFraming},
		{"not JSON", "", []string{`start`}, 1008, problemFraming},
		{"array", "", []string{`[]`}, 1008, problemFraming},
		{"deep", "", []string{strings.Repeat(`{"event":`, 5000)}, 1008, problemFraming},
		{"NUL", "", []string{"\x00"}, 1008, problemFraming},
		{"validate twice", "", []string{validate, validate}, 1008, problemFraming},
		{"nothing", "", nil, 1008, problemFirstFrame},
		{"media streams on a channel for the other", api.ThreeCLogicAudioCodes, []string{mediaStart}, 1008, problemDialect},
		{"the other way round", api.ThreeCLogicMediaStreams, []string{botStart}, 1008, problemDialect},
		{"invalid UTF-8", "", []string{"{\"event\":\"\xff\"}"}, 1007, errUTF8.Error()},
		{"10 MB", "", []string{`{"event":"` + strings.Repeat("a", 10<<20)}, 1009, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.configure(func(c *api.ThreeCLogicChannel) { c.Protocol = tt.pinned })
			p := connect(t, url)
			for _, frame := range tt.frames {
				_ = p.ws.WriteMessage(websocket.TextMessage, []byte(frame)) // it may be closed in the middle
			}
			code, reason := p.closed()
			require.Equal(t, tt.code, code)
			if tt.reason != "" {
				require.Equal(t, tt.reason, reason)
			}
		})
	}
	t.Run("binary", func(t *testing.T) {
		p := connect(t, url)
		require.NoError(t, p.ws.WriteMessage(websocket.BinaryMessage, []byte{1}))
		code, _ := p.closed()
		require.Equal(t, 1003, code)
	})
	t.Run("validate, then a call", func(t *testing.T) {
		g.configure(nil)
		p := connect(t, url)
		p.send(validate)
		require.JSONEq(t, `{"type":"connection.validated","success":true}`, p.next())
		p.send(botStart)
		require.JSONEq(t, `{"type":"session.accepted","mediaFormat":"raw/lpcm16"}`, p.next())
		p.send(botEnd)
		code, _ := p.closed()
		require.Equal(t, 1000, code)
	})
	require.Equal(t, 1, g.calls())
}

// testHostile: what a platform sends in the wrong order, of the wrong form, or
// too much of.
func testHostile(t *testing.T) {
	connected := `{"event":"connected","protocol":"Call","version":"1.0.0"}`
	format := func(encoding string, rate, channels int) string {
		return strings.Replace(mediaStart, `"audio/x-mulaw","sampleRate":8000,"channels":1`,
			fmt.Sprintf(`%q,"sampleRate":%d,"channels":%d`, encoding, rate, channels), 1)
	}
	media := func(bytes int) string {
		return `{"event":"media","streamSid":"s1","media":{"payload":"` + strings.Repeat("////", bytes/3) + `"}}`
	}
	changed := func(old, replacement string) []string {
		return []string{strings.ReplaceAll(mediaStart, old, replacement)}
	}
	unknown := make([]string, maxUnknown+2)
	for i := range unknown {
		unknown[i] = `{"event":"news"}`
	}
	chunk := `{"type":"userStream.chunk","audioChunk":"` + strings.Repeat("AAAA", 32010/3) + `"}`
	for _, tt := range []struct {
		name   string
		frames []string
		code   int
		reason string
	}{
		{"media before start", []string{connected, media(160)}, 1008, problemOrder},
		{"connected twice", []string{connected, connected}, 1008, problemOrder},
		{"no start", []string{connected}, 1008, problemStart},
		{"start twice", []string{mediaStart, mediaStart}, 1008, "order"},
		{"start is malformed", []string{`{"event":"start","start":7}`}, 1008, problemMalformed},
		{"two streams", changed(`"streamSid":"s1","start"`, `"streamSid":"s2","start"`), 1008, problemMalformed},
		{"no call", changed(`"c1"`, `""`), 1008, problemCallID},
		{"call with a line break", changed(`"c1"`, `"c\r\n"`), 1008, problemCallID},
		{"stream with markup", changed(`"s1"`, `"<s1>"`), 1008, problemStreamID},
		{"µ-law at 16 kHz", []string{format("audio/x-mulaw", 16000, 1)}, 1008, problemFormat},
		{"stereo", []string{format("audio/x-l16", 8000, 2)}, 1008, problemFormat},
		{"44.1 kHz", []string{format("audio/x-l16", 44100, 1)}, 1008, problemFormat},
		{"opus", []string{format("audio/opus", 8000, 1)}, 1008, problemFormat},
		{"more than a second in a message", []string{mediaStart, media(8010)}, 1009, tooLong},
		{"unknown messages", append([]string{mediaStart}, unknown...), 1008, "too many unknown messages"},
		{"stop", []string{mediaStart, mediaStop}, 1000, ""},
		{
			"another stream is ignored",
			append(changed(`"s1"`, `"s2"`), media(160), strings.ReplaceAll(mediaStop, `"s1"`, `"s2"`)), 1000, "",
		},
		{
			"duplicate keys, the last counts",
			[]string{mediaStart, `{"event":"media","event":"stop","streamSid":"s1"}`},
			1000, "",
		},
		{"no audio", []string{mediaStart}, 1000, ""},
		{"no conversation", []string{`{"type":"session.initiate"}`}, 1008, problemMalformed},
		{
			"conversation with a line break",
			[]string{`{"type":"session.initiate","conversationId":"a\nb"}`},
			1008, problemCallID,
		},
		{"session twice", []string{botStart, botStart}, 1008, "order"},
		{"more than a second in a chunk", []string{botStart, chunk}, 1009, tooLong},
		{"binary in a call", []string{mediaStart, "binary"}, 1003, ""},
		{"invalid UTF-8 in a call", []string{botStart, "{\"type\":\"\xff\"}"}, 1007, errUTF8.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(nil)
			g.serve = hold
			p := connect(t, g.listen(t, &quick))
			for _, frame := range tt.frames {
				kind := websocket.TextMessage
				if frame == "binary" {
					kind = websocket.BinaryMessage
				}
				_ = p.ws.WriteMessage(kind, []byte(frame)) // it may be closed in the middle
			}
			code, reason := p.closed()
			require.Equal(t, tt.code, code, reason)
			if tt.reason != "" {
				require.Equal(t, tt.reason, reason)
			}
		})
	}
	t.Run("a call that is known", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		g.offer = taken
		p := connect(t, g.listen(t, &quick))
		p.send(mediaStart)
		code, reason := p.closed()
		require.Equal(t, 1008, code)
		require.Equal(t, problemTaken, reason)
	})
	t.Run("a conversation that is known", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		g.offer = taken
		p := connect(t, g.listen(t, &quick))
		p.send(botStart)
		require.JSONEq(t, `{"type":"session.error","reason":"conversation exists"}`, p.next())
		code, _ := p.closed()
		require.Equal(t, 1000, code)
	})
	t.Run("no format in common", func(t *testing.T) {
		t.Parallel()
		g := newGateway(nil)
		p := connect(t, g.listen(t, &quick))
		p.send(strings.Replace(botStart, "lpcm16", "lpcm8", 1))
		require.JSONEq(t, `{"type":"session.error","reason":"no media format in common"}`, p.next())
		code, _ := p.closed()
		require.Equal(t, 1000, code)
		require.Zero(t, g.calls())
	})
}
