package twilio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/twiliomedia"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/wsconn"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func testEcho(t *testing.T) {
	b := setup(t)
	p := b.running(t)
	tone := make([]byte, 8000)
	for i := range tone {
		tone[i] = byte(i * 7)
	}
	var got []byte
	var m twiliomedia.Message
	for at := 0; at < len(tone); at += 160 {
		require.NoError(t, p.Media(int64(at/8), tone[at:at+160]))
	}
	for len(got) < len(tone) {
		require.NoError(t, p.Read(&m))
		require.Equal(t, twiliomedia.Media, m.Kind)
		got = append(got, m.Payload...)
	}
	require.Equal(t, tone, got)
	require.NoError(t, p.Stop())
	require.Equal(t, websocket.CloseNormalClosure, closeCode(p))
}

func testExactFrames(t *testing.T) {
	b := setup(t)
	b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		buffered := l.(call.Marking)
		require.Equal(t, 10*time.Second, buffered.Playout().Ahead)
		for _, err := range []error{
			l.Write(nil), l.Write(make([]byte, 5*1600)), buffered.WriteMark(nil, "g1-1"),
			buffered.WriteMark(frame, `a"b`), buffered.Clear(),
		} {
			require.NoError(t, err)
		}
		return call.Result{}, l.End(ctx, call.Ending{})
	}
	p := b.running(t)
	var kinds []twiliomedia.Kind
	var m twiliomedia.Message
	for {
		if err := p.Read(&m); err != nil {
			break
		}
		require.Equal(t, goodStart().StreamSID, m.StreamSID)
		require.LessOrEqual(t, len(m.Payload), 1600)
		kinds = append(kinds, m.Kind)
		if m.Kind == twiliomedia.Mark {
			require.NoError(t, p.Played(m.Name))
		}
	}
	const media, mark = twiliomedia.Media, twiliomedia.Mark
	require.Equal(t, []twiliomedia.Kind{media, media, media, media, media, mark, media, mark, twiliomedia.Clear}, kinds)
	require.Zero(t, p.Stats())
}

func testEnd(t *testing.T) {
	t.Run("everything sent arrives before the close", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			if err := l.Write(make([]byte, 8000)); err != nil {
				return call.Result{}, err
			}
			return call.Result{}, l.End(ctx, call.Ending{Reason: call.ReasonEngineEnd})
		}
		p := b.running(t)
		for n := range int64(100) { // unread when the gateway closes
			require.NoError(t, p.Media(n*20, frame))
		}
		heard := 0
		var m twiliomedia.Message
		var err error
		for err == nil {
			if err = p.Read(&m); err == nil {
				heard += len(m.Payload)
			}
		}
		code, _ := wsconn.Closed(err)
		require.Equal(t, websocket.CloseNormalClosure, code)
		require.Equal(t, 8000, heard)
	})
	t.Run("a platform that does not answer the close", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		took := make(chan time.Duration, 1)
		b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			begun := time.Now()
			err := l.End(ctx, call.Ending{})
			took <- time.Since(begun)
			return call.Result{}, err
		}
		b.running(t) // reads nothing, so answers nothing
		require.InDelta(t, closeWait.Seconds(), (<-took).Seconds(), 1)
	})
	t.Run("any process answers the action", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.outcome = func() (channel.Outcome, error) { return ended(call.OutcomeResolved, nil), nil }
		other := httptest.NewServer(Kind{}.Handler(b.fakeGateway))
		t.Cleanup(other.Close)
		target := b.url + "/c/twilio/" + testChannel + "/connect-action"
		signature := sign(testToken, target, form()) // of the public URL
		status, body := b.send(t, strings.Replace(target, b.url, other.URL, 1), signature, form().Encode())
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, "<Hangup>")
	})
}

func testClear(t *testing.T) {
	b := setup(t)
	cleared := make(chan time.Time, 1)
	b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		if err := l.Write(make([]byte, 24_000)); err != nil {
			return call.Result{}, err
		}
		cleared <- time.Now()
		if err := l.(call.Buffered).Clear(); err != nil {
			return call.Result{}, err
		}
		return call.Result{}, l.End(ctx, call.Ending{})
	}
	p := b.running(t)
	var m twiliomedia.Message
	for m.Kind != twiliomedia.Clear {
		require.NoError(t, p.Read(&m))
	}
	require.Less(t, time.Since(<-cleared), 100*time.Millisecond, "20 ms and a busy machine")
	require.Equal(t, websocket.CloseNormalClosure, closeCode(p))
}

func testLateEchoes(t *testing.T) {
	b := setup(t)
	marks := make(chan string, 8)
	b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		for {
			in, err := l.Next()
			if err != nil {
				return call.Result{}, err
			}
			switch in.Kind {
			case call.InputMark:
				marks <- in.Mark
			case call.InputHangup:
				return call.Result{}, l.End(ctx, call.Ending{})
			}
		}
	}
	p := b.running(t)
	for _, name := range []string{"g1-1", "g1-1", "never sent"} {
		require.NoError(t, p.Played(name))
	}
	require.NoError(t, p.Stop())
	require.Equal(t, websocket.CloseNormalClosure, closeCode(p))
	close(marks)
	var got []string
	for m := range marks {
		got = append(got, m)
	}
	require.Equal(t, []string{"g1-1", "g1-1", "never sent"}, got, "every echo reaches the session's ledger, in order")
}

func testFaults(t *testing.T) {
	t.Run("no start", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.stream(t)
		begun := time.Now()
		require.Equal(t, websocket.ClosePolicyViolation, closeCode(p))
		require.InDelta(t, 5, time.Since(begun).Seconds(), 1)
		require.Equal(t, "start_timeout", b.lastRefusal(t).Reason)
		require.Zero(t, b.served)
	})
	t.Run("reset", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		failed := make(chan error, 1)
		b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			for {
				if in, err := l.Next(); err != nil || in.Kind == call.InputHangup {
					failed <- err
					return call.Result{}, l.End(ctx, call.Ending{})
				}
			}
		}
		ws, _ := b.dial(t, b.ticket(t))
		p := twiliomedia.NewPlatform(ws)
		require.NoError(t, p.Start(goodStart()))
		require.NoError(t, p.Media(0, frame))
		p.Close()
		require.Error(t, <-failed, "a lost connection is not a hangup")
	})
	t.Run("close frame", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.running(t)
		require.NoError(t, p.Shutdown(websocket.CloseGoingAway, ""))
		require.Equal(t, websocket.CloseGoingAway, closeCode(p))
	})
	t.Run("stop, and more", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			for {
				in, err := l.Next()
				if err != nil {
					return call.Result{}, err
				}
				if in.Kind == call.InputHangup {
					return call.Result{}, l.End(ctx, call.Ending{})
				}
			}
		}
		p := b.running(t)
		require.NoError(t, p.Stop())
		require.NoError(t, p.Media(20, frame))
		require.NoError(t, p.Stop())
		require.Equal(t, websocket.CloseNormalClosure, closeCode(p), "what follows is read, so that the close arrives")
	})
	t.Run("ended while listening", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		listening := make(chan struct{})
		b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
			go func() {
				in, err := l.Next()
				for err == nil && in.Kind != call.InputHangup {
					in, err = l.Next()
				}
				close(listening)
			}()
			return call.Result{}, l.End(ctx, call.Ending{})
		}
		p := b.running(t)
		require.Equal(t, websocket.CloseNormalClosure, closeCode(p))
		<-listening
	})
	t.Run("served without an end", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.serve = func(context.Context, call.Leg) (call.Result, error) { return call.Result{}, os.ErrPermission }
		require.Equal(t, websocket.ClosePolicyViolation, closeCode(b.running(t)))
	})
}

func testRepeatedWebhook(t *testing.T) {
	b := setup(t)
	first, second := b.ticket(t), b.ticket(t)
	_, status := b.dial(t, first)
	require.Equal(t, http.StatusForbidden, status, "the older ticket is void")
	ws, _ := b.dial(t, second)
	p := twiliomedia.NewPlatform(ws)
	t.Cleanup(p.Close)
	require.NoError(t, p.Start(goodStart()))
	require.NoError(t, p.Media(0, frame))
	var m twiliomedia.Message
	require.NoError(t, p.Read(&m))

	// A third webhook while the call runs: its stream is not served.
	require.Equal(t, websocket.ClosePolicyViolation, closeCode(b.running(t)))
	require.NoError(t, p.Media(20, frame))
	require.NoError(t, p.Read(&m), "the running stream is untouched")
}

func testTickets(t *testing.T) {
	b := setup(t)
	b.configure("chn_other", "", channel.LiveSecret{Value: secret.New(testToken)})
	used := b.ticket(t)
	_, status := b.dial(t, used)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	fresh := b.ticket(t)
	for _, tt := range []struct {
		name, target, token, reason string
		status                      int
	}{
		{"used", used, testToken, "ticket_unknown", 403},
		{"of another channel", strings.Replace(fresh, testChannel, "chn_other", 1), testToken, "ticket_unknown", 403},
		{"invented", fresh + "x", testToken, "ticket_unknown", 403},
		{"signed with another token", fresh, strings.Repeat("x", 32), "signature_mismatch", 403},
		{"unknown channel", strings.Replace(fresh, testChannel, "chn_none", 1), testToken, "unknown_channel", 404},
		{"escaped path", strings.Replace(fresh, "/media/", "/%6dedia/", 1), "x", "signature_mismatch", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.token = tt.token
			_, status := b.dial(t, tt.target)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.reason, b.lastRefusal(t).Reason)
			require.Equal(t, stepMedia, b.lastRefusal(t).Step)
			require.NotContains(t, b.lastRefusal(t).Detail, fresh[strings.LastIndex(fresh, "/")+1:])
		})
	}
	b.token = testToken
	_, status = b.dial(t, fresh)
	require.Equal(t, http.StatusSwitchingProtocols, status, "none of them burned the ticket")
	require.Zero(t, b.served)

	res, err := b.server.Client().Get("http" + strings.TrimPrefix(fresh, "ws"))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusUpgradeRequired, res.StatusCode)
}

func testStartMismatch(t *testing.T) {
	tests := []struct {
		name   string
		change func(*twiliomedia.Start)
		reason string
	}{
		{"call", func(s *twiliomedia.Start) { s.CallSID = "CA1" }, "call_sid_mismatch"},
		{"no call", func(s *twiliomedia.Start) { s.CallSID = "" }, "call_sid_mismatch"},
		{"account", func(s *twiliomedia.Start) { s.AccountSID = "AC1" }, "account_mismatch"},
		{"rate", func(s *twiliomedia.Start) { s.Format.SampleRate = 16000 }, "media_format"},
		{"encoding", func(s *twiliomedia.Start) { s.Format.Encoding = "audio/l16" }, "media_format"},
		{"channels", func(s *twiliomedia.Start) { s.Format.Channels = 2 }, "media_format"},
		{"stream", func(s *twiliomedia.Start) { s.StreamSID = `MZ"}` }, "stream_sid_malformed"},
		{"parameters", func(s *twiliomedia.Start) {
			s.CustomParameters = map[string]string{"a": strings.Repeat("a", twiliomedia.MaxParametersBytes)}
		}, "start_malformed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.stream(t)
			s := goodStart()
			tt.change(&s)
			require.NoError(t, p.Start(s))
			require.Equal(t, websocket.ClosePolicyViolation, closeCode(p))
			require.Equal(t, tt.reason, b.lastRefusal(t).Reason)
			require.Zero(t, b.served)
		})
	}
}

const sid = "MZ0123456789abcdef0123456789abcdef"

func testUnusualMessages(t *testing.T) {
	b := setup(t)
	ws, _ := b.dial(t, b.ticket(t))
	for _, msg := range []string{
		`{"event":"metrics","x":1}`,
		`{"event":"connected","protocol":"Call","version":"2.0.0","new":true}`,
		`{"event":"start","sequenceNumber":1,"new":{},"start":{"accountSid":"` + testAccount + `","callSid":"` + testSID +
			`","streamSid":"` + sid + `","mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":"8000","channels":"1","x":1}}}`,
		`{"event":"metrics","streamSid":"` + sid + `"}`,
		`{"event":"media","sequenceNumber":2,"streamSid":"` + sid + `",` +
			`"media":{"chunk":1,"timestamp":0,"payload":"AAEC","x":1}}`,
		`{"event":"stop","streamSid":"` + sid + `"}`,
	} {
		require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(msg)))
	}
	p := twiliomedia.NewPlatform(ws)
	t.Cleanup(p.Close)
	var m twiliomedia.Message
	require.NoError(t, p.Read(&m))
	require.Equal(t, []byte{0, 1, 2}, m.Payload)
	require.Equal(t, websocket.CloseNormalClosure, closeCode(p))
	b.wait()
	require.Contains(t, b.logs.String(), "unknown events 2, unknown fields 4")
}

func testHostileMessages(t *testing.T) {
	media := func(stream, chunk, timestamp, payload string) string {
		return `{"event":"media","streamSid":"` + stream + `","media":{"track":"inbound","chunk":` + chunk +
			`,"timestamp":` + timestamp + `,"payload":"` + payload + `"}}`
	}
	tests := []struct {
		name, msg string
		early     bool // before start
		code      int  // 0: ignored, the call goes on
	}{
		{name: "media before start", msg: media(sid, `"1"`, `"0"`, "AAAA"), early: true, code: 1008},
		{name: "stop before start", msg: `{"event":"stop","streamSid":"` + sid + `"}`, early: true, code: 1008},
		{name: "junk before start", msg: `{`, early: true, code: 1008},
		{name: "second start", msg: string(twiliomedia.AppendStart(nil, 9, new(goodStart()))), code: 1008},
		{name: "other stream", msg: media("MZ1", `"9"`, `"0"`, "AAAA")},
		{name: "stop of another stream", msg: `{"event":"stop","streamSid":"MZ1"}`},
		{name: "chunk decreasing", msg: media(sid, `"1"`, `"0"`, "AAAA")},
		{name: "negative timestamp", msg: media(sid, `"9"`, `"-1"`, "AAAA")},
		{name: "bad base64", msg: media(sid, `"9"`, `"0"`, "A*AA")},
		{name: "empty payload", msg: media(sid, `"9"`, `"0"`, "")},
		{name: "outbound track", msg: `{"event":"media","streamSid":"` + sid + `",` +
			`"media":{"track":"outbound","payload":"AAAA"}}`},
		{name: "deep", msg: strings.Repeat("[", 60_000)},
		{name: "duplicate keys", msg: `{"event":"media","event":"x","streamSid":"` + sid + `"}`},
		{name: "NUL", msg: "\x00"},
		{name: "invalid UTF-8", msg: "{\"event\":\"\xff\"}"},
		{name: "key out of range", msg: `{"event":"dtmf","streamSid":"` + sid + `","dtmf":{"digit":"E"}}`},
		{name: "two keys", msg: `{"event":"dtmf","streamSid":"` + sid + `","dtmf":{"digit":"12"}}`},
		{name: "too long", msg: strings.Repeat(" ", twiliomedia.MaxMessage+1), code: 1009},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ws, _ := b.dial(t, b.ticket(t))
			p := twiliomedia.NewPlatform(ws)
			t.Cleanup(p.Close)
			if !tt.early {
				require.NoError(t, p.Start(goodStart()))
				require.NoError(t, p.Media(0, frame)) // chunk 1
				var m twiliomedia.Message
				require.NoError(t, p.Read(&m))
			}
			require.NoError(t, ws.WriteMessage(websocket.TextMessage, []byte(tt.msg)))
			if tt.code != 0 {
				require.Equal(t, tt.code, closeCode(p))
				return
			}
			require.NoError(t, p.Media(20, []byte("next")))
			var m twiliomedia.Message
			require.NoError(t, p.Read(&m))
			require.Equal(t, "next", string(m.Payload))
		})
	}
	t.Run("binary", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ws, _ := b.dial(t, b.ticket(t))
		p := twiliomedia.NewPlatform(ws)
		t.Cleanup(p.Close)
		require.NoError(t, p.Start(goodStart()))
		require.NoError(t, ws.WriteMessage(websocket.BinaryMessage, []byte{1}))
		require.Equal(t, websocket.CloseUnsupportedData, closeCode(p))
	})
}

func testJunkUpgrades(t *testing.T) {
	b := setup(t)
	fresh := b.ticket(t)
	h := Kind{}.Handler(b.fakeGateway)
	begun := time.Now()
	for range 1000 {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, fresh[strings.Index(fresh, "/c/"):], nil)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("X-Twilio-Signature", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, http.StatusForbidden, w.Code)
	}
	require.Less(t, time.Since(begun), 2*time.Second)
	require.Len(t, b.tickets, 1, "no ticket was burned")
	require.Zero(t, b.served)
}

func testStalled(t *testing.T) {
	b := setup(t)
	failed := make(chan error, 1)
	b.serve = func(ctx context.Context, l call.Leg) (call.Result, error) {
		for {
			if err := l.Write(make([]byte, 160_000)); err != nil {
				failed <- err
				return call.Result{}, l.End(ctx, call.Ending{Reason: call.ReasonLegStalled})
			}
		}
	}
	b.running(t) // nobody reads it
	p := setup(t).running(t)
	for n := range int64(5) {
		require.NoError(t, p.Media(n*20, frame))
		var m twiliomedia.Message
		require.NoError(t, p.Read(&m), "another call goes on")
	}
	select {
	case err := <-failed:
		require.ErrorIs(t, err, call.ErrStalled)
	case <-time.After(20 * time.Second):
		require.Fail(t, "the write did not end")
	}
}

func testNothingSecretLogged(t *testing.T) {
	b := setup(t)
	target := b.ticket(t)
	ticket := target[strings.LastIndex(target, "/")+1:]
	b.token = strings.Repeat("x", 32)
	_, _ = b.dial(t, target)
	_, _ = b.post(t, stepVoice, form())
	b.token = testToken
	ws, _ := b.dial(t, target)
	_, _ = b.dial(t, target)
	p := twiliomedia.NewPlatform(ws)
	t.Cleanup(p.Close)
	require.NoError(t, p.Start(goodStart()))
	require.NoError(t, p.DTMF("7"))
	require.NoError(t, p.DTMF("777"))
	require.NoError(t, p.Stop())
	closeCode(p)
	b.offer = func(channel.Offer) (string, error) { return "", os.ErrPermission }
	_, _ = b.post(t, stepVoice, form())
	_, _ = b.post(t, stepVoiceFallback, form("ErrorCode", ticket))
	_, _ = b.post(t, stepStreamStatus, form("StreamEvent", ticket, "StreamError", "31921 "+target))
	b.configure(testChannel, liveAgent+"x", channel.LiveSecret{Value: secret.New(testToken)})
	_, _ = b.post(t, stepVoice, form())
	b.wait()

	text := b.logs.String()
	require.Contains(t, text, "media stream closed")
	for _, r := range b.refusals {
		text += r.Detail + r.Reason
	}
	for name, value := range map[string]string{
		"token": testToken, "ticket": ticket, "signature": sign(testToken, target, nil), "key": "777",
		"caller": "5105550100", "called": "8885550199", "live agent": strings.TrimPrefix(liveAgent, "+"),
	} {
		require.NotContains(t, text, value, name)
	}
}

func BenchmarkJunkUpgrade(b *testing.B) {
	s := setup(b)
	h := Kind{}.Handler(s.fakeGateway)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/c/twilio/"+testChannel+"/media/x", nil)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("X-Twilio-Signature", "NBdBDr/T/lgjI+tlgpXjKZQZs/k=")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
