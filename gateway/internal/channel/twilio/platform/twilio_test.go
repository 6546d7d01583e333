package platform_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/internal/handset"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio/platform"
)

const hangup = `<?xml version="1.0"?><Response><Hangup/></Response>`

// listen takes everything the caller hears until the call ends.
func listen(line channel.Line) []channel.Heard {
	var all []channel.Heard
	for h := range line.Heard() {
		all = append(all, h)
	}
	return all
}

// ramp is sound whose every byte tells its place; it has no silence in it.
func ramp(d time.Duration) []byte {
	b := make([]byte, audio.Mulaw8k.Bytes(d))
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

func TestACallFromVoiceToHangup(t *testing.T) {
	t.Parallel()
	const said = 300 * time.Millisecond
	g := start(t, &gateway{
		answer: map[string]string{"/connect-action": hangup},
		stream: func(t *testing.T, s *stream) {
			require.Equal(t, map[string]any{"event": "connected", "protocol": "Call", "version": "1.0.0"}, s.read(t))
			m := s.read(t)
			require.Equal(t, "start", m["event"])
			require.Equal(t, "1", m["sequenceNumber"])
			begun := m["start"].(map[string]any)
			require.Equal(t, map[string]any{"call": "call_1"}, begun["customParameters"])
			require.Equal(t, []any{"inbound"}, begun["tracks"])
			format := map[string]any{"encoding": "audio/x-mulaw", "sampleRate": 8000.0, "channels": 1.0}
			require.Equal(t, format, begun["mediaFormat"])
			for n := range 10 {
				m := s.read(t)
				require.Equal(t, "media", m["event"])
				require.Equal(t, strconv.Itoa(n+2), m["sequenceNumber"])
				media := m["media"].(map[string]any)
				require.Equal(t, strconv.Itoa(n+1), media["chunk"])
				require.Equal(t, strconv.Itoa(20*n), media["timestamp"])
				require.Equal(t, "inbound", media["track"])
			}
			s.media(t, ramp(said))
			s.mark(t, "end")
			require.Equal(t, map[string]any{"name": "end"}, s.until(t, "mark")["mark"])
			m = s.until(t, "dtmf")
			require.Equal(t, map[string]any{"track": "inbound_track", "digit": "#"}, m["dtmf"])
			s.close(t, websocket.CloseNormalClosure)
		},
	})
	began := time.Now()
	line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
	require.NoError(t, err)
	require.Regexp(t, `^CA[0-9a-f]{32}$`, line.ProviderCallID())
	var heard []byte
	var last channel.Heard
	pressed := false
	for h := range line.Heard() {
		if len(heard) > 0 {
			require.Equal(t, last.At+20*time.Millisecond, h.At)
		}
		last = h
		heard = append(heard, h.Frame...)
		if !pressed && h.At > 600*time.Millisecond {
			require.NoError(t, line.Press('#'))
			pressed = true
		}
	}
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, channel.LineEnd{ByGateway: true, Next: "hangup", Detail: hangup}, end)

	// Nothing is lost, repeated or torn apart, and the clock is the wall's.
	require.Contains(t, string(heard), string(ramp(said)))
	require.Equal(t, len(heard)-len(ramp(said)), bytes.Count(heard, []byte{0xFF}))
	require.InDelta(t, time.Since(began), last.At, float64(2*time.Second))

	voice := g.asked("/voice")
	require.Len(t, voice, 1)
	require.Equal(t, "ringing", voice[0].Get("CallStatus"))
	require.Equal(t, line.ProviderCallID(), voice[0].Get("CallSid"))
	require.Equal(t, "+14155550100", voice[0].Get("Caller"))
	require.Equal(t, "in-progress", g.asked("/connect-action")[0].Get("CallStatus"))
	require.Equal(t, "completed", g.asked("/status")[0].Get("CallStatus"))
	require.Len(t, g.asked("/stream-status"), 2)

	require.ErrorIs(t, line.Send(make([]byte, 160)), handset.ErrOver)
	require.ErrorIs(t, line.Press('1'), handset.ErrOver)
}

func TestClearEchoesEveryMarkAndIsHeard(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{
		answer: map[string]string{"/connect-action": hangup},
		stream: func(t *testing.T, s *stream) {
			s.until(t, "start")
			s.media(t, ramp(100*time.Millisecond))
			s.mark(t, "first")
			s.media(t, ramp(5*time.Second))
			s.mark(t, "second")
			require.Equal(t, map[string]any{"name": "first"}, s.until(t, "mark")["mark"])
			s.send(t, map[string]any{"event": "clear"})
			require.Equal(t, map[string]any{"name": "second"}, s.until(t, "mark")["mark"])
			s.mark(t, "third") // nothing waits any more
			require.Equal(t, map[string]any{"name": "third"}, s.until(t, "mark")["mark"])
			s.media(t, ramp(40*time.Millisecond))
			s.mark(t, "last")
			require.Equal(t, map[string]any{"name": "last"}, s.until(t, "mark")["mark"])
			s.close(t, websocket.CloseNormalClosure)
		},
	})
	line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
	require.NoError(t, err)
	all := listen(line)
	_, err = line.Wait(t.Context())
	require.NoError(t, err)
	var cleared []time.Duration
	var heard []byte
	for _, h := range all {
		if h.Cleared {
			cleared = append(cleared, h.At)
		}
		heard = append(heard, h.Frame...)
	}
	require.Len(t, cleared, 1)
	require.True(t, bytes.HasSuffix(bytes.TrimRight(heard, "\xff"), ramp(40*time.Millisecond)))
	require.Less(t, len(bytes.ReplaceAll(heard, []byte{0xFF}, nil)), audio.Mulaw8k.Bytes(time.Second))
}

func TestWhatTheGatewayDoesWrongIsReported(t *testing.T) {
	t.Parallel()
	media := func(extra string) string {
		return `{"event":"media","streamSid":"{sid}","media":{"payload":"/w=="}` + extra + `}`
	}
	cases := []struct {
		name, message string
		want          string // "" when it is right
	}{
		{"nothing", media(""), ""},
		{"additional field", media(`,"track":"outbound"`), "documented shape"},
		{"empty payload", `{"event":"media","streamSid":"{sid}","media":{"payload":""}}`, "documented shape"},
		{"bad base64", `{"event":"media","streamSid":"{sid}","media":{"payload":"*"}}`, "documented shape"},
		{"no stream", `{"event":"clear"}`, "documented shape"},
		{"mark without a name", `{"event":"mark","streamSid":"{sid}","mark":{}}`, "documented shape"},
		{"not JSON", `media`, "documented shape"},
		{"another stream", `{"event":"clear","streamSid":"MZ0"}`, "another stream"},
		{"unknown event", `{"event":"hangup","streamSid":"{sid}"}`, "unknown event"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &gateway{
				answer: map[string]string{"/connect-action": hangup},
				stream: func(t *testing.T, s *stream) {
					s.until(t, "start")
					message := bytes.ReplaceAll([]byte(c.message), []byte("{sid}"), []byte(s.sid))
					require.NoError(t, s.ws.WriteMessage(websocket.TextMessage, message))
					s.close(t, websocket.CloseNormalClosure)
				},
			})
			line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
			require.NoError(t, err)
			listen(line)
			end, err := line.Wait(t.Context())
			require.Equal(t, "hangup", end.Next)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			var violation *handset.ViolationError
			require.ErrorAs(t, err, &violation)
			require.Equal(t, 1, violation.Count)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestHowTheGatewayMayNotEnd(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		stream func(*testing.T, *stream)
		want   string
	}{
		{"other close code", func(t *testing.T, s *stream) { s.close(t, websocket.ClosePolicyViolation) }, "31921"},
		{"broken connection", func(t *testing.T, s *stream) { require.NoError(t, s.ws.NetConn().Close()) }, "31903"},
		{"binary message", func(t *testing.T, s *stream) {
			require.NoError(t, s.ws.WriteMessage(websocket.BinaryMessage, []byte{1}))
			for s.read(t) != nil {
			}
		}, "binary"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &gateway{
				answer: map[string]string{"/connect-action": hangup},
				stream: func(t *testing.T, s *stream) {
					s.until(t, "media")
					c.stream(t, s)
				},
			})
			line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
			require.NoError(t, err)
			listen(line)
			end, err := line.Wait(t.Context())
			require.ErrorContains(t, err, c.want)
			require.True(t, end.ByGateway)
			require.Len(t, g.asked("/connect-action"), 1) // the call goes on
		})
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	sorry := `<Response><Say>Sorry.</Say><Hangup/></Response>`
	cases := []struct{ name, status, dial, target string }{
		{"number", "", `<Number>+14155550123</Number>`, "+14155550123"},
		{"sip, busy", "busy", `<Sip>sip:desk@example.com</Sip>`, "sip:desk@example.com"},
		{"plain text, no answer", "no-answer", ` +14155550123 `, "+14155550123"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dial := `<Response><Dial action="{base}/dial-action">` + c.dial + `</Dial></Response>`
			g := start(t, &gateway{
				answer: map[string]string{"/connect-action": dial, "/dial-action": sorry},
				stream: func(t *testing.T, s *stream) {
					s.until(t, "start")
					s.close(t, websocket.CloseNormalClosure)
				},
			})
			line, err := platform.Twilio{DialCallStatus: c.status}.Dial(t.Context(), g.placement())
			require.NoError(t, err)
			listen(line)
			end, err := line.Wait(t.Context())
			require.NoError(t, err)
			require.True(t, end.ByGateway)
			require.Equal(t, "transfer", end.Next)
			require.Equal(t, c.target, end.Target)
			require.Contains(t, end.Detail, "<Dial")
			require.Contains(t, end.Detail, "Sorry.")
			asked := g.asked("/dial-action")
			require.Len(t, asked, 1)
			require.Equal(t, map[string]string{"": "completed"}[c.status]+c.status, asked[0].Get("DialCallStatus"))
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		answer     string
		status     map[string]int
		step       string
		wantStatus int
		want       string
	}{
		{"rejected", `<Response><Reject/></Response>`, nil, "voice", 200, "<Reject/>"},
		{"to the live agent", `<Response><Dial>+14155550123</Dial></Response>`, nil, "voice", 200, "<Dial>"},
		{"nothing", `<Response/>`, nil, "voice", 200, "<Response/>"},
		{"no XML", `hello`, nil, "voice", 200, "12100"},
		{"two documents", hangup + hangup, nil, "voice", 200, "12100"},
		{"forbidden", "", map[string]int{"/voice": 403}, "voice", 403, "403 Forbidden"},
		{"redirect", "", map[string]int{"/voice": 302}, "voice", 302, "302 Found"},
		{"no upgrade", "", map[string]int{"/media/ticket": 403}, "media", 403, "31920"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &gateway{answer: map[string]string{"/voice": c.answer}, status: c.status})
			_, err := platform.Twilio{}.Dial(t.Context(), g.placement())
			var refused *channel.RefusedError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.step, refused.Step)
			require.Equal(t, c.wantStatus, refused.Status)
			require.Contains(t, refused.Detail, c.want)
			// A call whose stream is refused has begun, and so it must end.
			require.Len(t, g.asked("/status"), map[string]int{"media": 1}[c.step])
		})
	}
	t.Run("wrong token", func(t *testing.T) {
		t.Parallel()
		p := start(t, &gateway{}).placement()
		p.Credentials = map[string]string{"authentication_token": "another"}
		_, err := platform.Twilio{}.Dial(t.Context(), p)
		require.EqualError(t, err, "voice was refused: 403 Forbidden")
	})
}

func TestDialRefusesWhatTwilioWould(t *testing.T) {
	t.Parallel()
	connect := func(stream string) string { return `<Response><Connect>` + stream + `</Connect></Response>` }
	cases := []struct{ name, answer, want string }{
		{"query", connect(`<Stream url="{ws}/media?ticket=1"/>`), "query"},
		{"scheme", connect(`<Stream url="{base}/media"/>`), "31922"},
		{"no URL", connect(`<Stream url="media"/>`), "31923"},
		{"long parameter", connect(`<Stream url="{ws}/media/1"><Parameter name="a" value="` +
			string(bytes.Repeat([]byte("x"), 500)) + `"/></Stream>`), "parameter"},
		{"GET action", `<Response><Connect action="/x" method="GET"><Stream url="{ws}/1"/></Connect></Response>`, "GET"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := start(t, &gateway{answer: map[string]string{"/voice": c.answer}})
			_, err := platform.Twilio{}.Dial(t.Context(), g.placement())
			require.ErrorContains(t, err, c.want)
		})
	}
	t.Run("another kind of channel", func(t *testing.T) {
		t.Parallel()
		p := start(t, &gateway{}).placement()
		p.Credentials = nil
		_, err := platform.Twilio{}.Dial(t.Context(), p)
		require.ErrorContains(t, err, "authentication_token is unknown")
	})
}

func TestTheCallerHangsUp(t *testing.T) {
	t.Parallel()
	stopped := make(chan map[string]any, 1)
	g := start(t, &gateway{stream: func(t *testing.T, s *stream) {
		stopped <- s.until(t, "stop")
		require.Nil(t, s.read(t))
	}})
	line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
	require.NoError(t, err)
	require.NoError(t, line.Send(ramp(20*time.Millisecond)))
	<-line.Heard()
	line.Hangup()
	line.Hangup() // does nothing
	listen(line)
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, channel.LineEnd{}, end)
	require.Equal(t, line.ProviderCallID(), (<-stopped)["stop"].(map[string]any)["callSid"])
	require.Empty(t, g.asked("/connect-action"))
	require.Len(t, g.asked("/status"), 1)
}

func TestACancelledWaitEndsTheCall(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{stream: func(t *testing.T, s *stream) {
		for s.read(t) != nil {
		}
	}})
	line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = line.Wait(ctx)
	require.ErrorIs(t, err, context.Canceled)
	listen(line)
	require.Len(t, g.asked("/status"), 1)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	g := startWith(t, &gateway{
		answer: map[string]string{
			"/connect-action": hangup,
			"/plain":          `<Response><Connect><Stream url="ws://127.0.0.1/media/1"/></Connect></Response>`,
		},
		stream: func(t *testing.T, s *stream) {
			s.until(t, "media")
			s.close(t, websocket.CloseNormalClosure)
		},
	}, func(h http.Handler) *httptest.Server { return httptest.NewTLSServer(h) })
	_, err := platform.Twilio{}.Dial(t.Context(), g.placement())
	require.ErrorContains(t, err, "certificate")

	roots := x509.NewCertPool()
	roots.AddCert(g.Certificate())
	line, err := platform.Twilio{Roots: roots}.Dial(t.Context(), g.placement())
	require.NoError(t, err)
	listen(line)
	end, err := line.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, "hangup", end.Next)

	plain := g.placement()
	plain.Body.(*api.TwilioChannel).URL = g.URL + "/plain"
	_, err = platform.Twilio{Roots: roots}.Dial(t.Context(), plain)
	require.ErrorContains(t, err, "31922")
}

func TestACallNobodyListensToEnds(t *testing.T) {
	t.Parallel()
	g := start(t, &gateway{stream: func(t *testing.T, s *stream) {
		for s.read(t) != nil {
		}
	}})
	line, err := platform.Twilio{}.Dial(t.Context(), g.placement())
	require.NoError(t, err)
	_, err = line.Wait(t.Context())
	require.ErrorIs(t, err, handset.ErrUnread)
}
