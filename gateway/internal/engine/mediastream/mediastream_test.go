package mediastream_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/mediastream"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func engine(t testing.TB, log *logtest.Buffer) *mediastream.Engine {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	if log != nil {
		logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return mediastream.New(dialer(t), speech.New(speech.Options{Espeak: "/nonexistent"}), logger)
}

// begin opens a conversation, which the bot accepts by the upgrade.
func begin(t *testing.T, e *mediastream.Engine, c call.Config) *enginetest.Talk {
	t.Helper()
	k := enginetest.Begin(t, e, c)
	k.Patience = 20 * time.Second
	require.Equal(t, call.EventReady, k.Next().Kind)
	return k
}

func config(t testing.TB, o api.MediaStreamEngine) call.Config {
	t.Helper()
	options, err := json.Marshal(o)
	require.NoError(t, err)
	return call.Config{
		CallID: "call_1", Language: "en-US", Options: options, In: audio.Mulaw8k, Out: audio.Mulaw8k,
		Turn: call.Turn{Silence: 500 * time.Millisecond, MinInterrupt: 200 * time.Millisecond},
	}
}

func TestContractENG02STY03(t *testing.T) {
	t.Parallel()
	b := listen(t, talking)
	enginetest.Run(t, func(t *testing.T) enginetest.Subject {
		t.Helper()
		return enginetest.Subject{
			Engine: engine(t, nil), Config: config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}}),
			Speech:       func(t testing.TB, f audio.Format) []byte { return enginetest.Spoken(t, "agent", f) },
			DetectsTurns: true, Transcribes: true,
		}
	})
}

func TestTheBotHearsExactlyWhatTwilioSays(t *testing.T) {
	t.Parallel()
	done, marked := make(chan struct{}), make(chan struct{})
	b := listen(t, func(l *line) {
		defer close(done)
		if _, ok := l.until("start"); !ok {
			return
		}
		l.media([]byte{1, 2, 3})
		if _, ok := l.until("mark"); ok {
			close(marked)
		}
		for ok := true; ok; {
			_, ok = l.next()
		}
	})
	c := config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}})
	c.Secret = func(name string) string { return map[string]string{"api_key": "12345"}[name] }
	c.Vars = map[string]string{"customer": "A & B", "long": strings.Repeat("a", 500)}
	var log logtest.Buffer
	k := begin(t, engine(t, &log), c)
	l := b.Next()
	require.Equal(t, []byte{1, 2, 3}, k.Wait(call.EventAudio).Data)
	require.NoError(t, k.Conv.Write(bytes.Repeat([]byte{0xFF}, 160)))
	require.NoError(t, k.Conv.Write(bytes.Repeat([]byte{0xFE}, 160)))
	k.Wait(call.EventAudioDone)
	k.Do(call.DTMF{Digit: '#'})
	k.Do(call.Played{Mark: `one "x"`})
	<-marked
	k.Conv.Close()
	<-done

	require.Empty(t, l.Request.Header.Get("Origin"))
	require.Equal(t, sign(t, "12345", b.URL()), l.Request.Header.Get("X-Twilio-Signature"))
	silence := func(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 160)) }
	got := l.Transcript()
	require.Len(t, got, 7, "%s", got)
	ids := regexp.MustCompile(`(CA|AC|MZ)[0-9a-f]{32}`)
	for i := range got {
		got[i] = ids.ReplaceAllString(got[i], "$1")
	}
	require.Equal(t, []string{
		`{"event":"connected","protocol":"Call","version":"1.0.0"}`,
		`{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC","streamSid":"MZ","callSid":"CA",` +
			`"tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},` +
			`"customParameters":{"customer":"A \u0026 B"}},"streamSid":"MZ"}`,
		`{"event":"media","sequenceNumber":"2","media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"` +
			silence(0xFF) + `"},"streamSid":"MZ"}`,
		`{"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"` +
			silence(0xFE) + `"},"streamSid":"MZ"}`,
		`{"event":"dtmf","streamSid":"MZ","sequenceNumber":"4","dtmf":{"track":"inbound_track","digit":"#"}}`,
		`{"event":"mark","sequenceNumber":"5","streamSid":"MZ","mark":{"name":"one \"x\""}}`,
		`{"event":"stop","sequenceNumber":"6","streamSid":"MZ","stop":{"accountSid":"AC","callSid":"CA"}}`,
	}, got)
	require.Contains(t, log.String(), "reason=long")
	require.NotContains(t, log.String(), "aaa")
	require.NotContains(t, log.String(), "12345")
}

func TestIDsAreStable(t *testing.T) {
	t.Parallel()
	b := listen(t, func(l *line) { l.until("stop") })
	e := engine(t, nil)
	start := func(callID, account string) (s struct{ AccountSID, CallSID, StreamSID string }) {
		c := config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL(), AccountSID: account}})
		c.CallID = callID
		k := begin(t, e, c)
		k.Conv.Close()
		l := b.Next()
		var m struct {
			Start struct{ AccountSid, CallSid, StreamSid string }
		}
		require.NoError(t, json.Unmarshal([]byte(l.Transcript()[1]), &m))
		s.AccountSID, s.CallSID, s.StreamSID = m.Start.AccountSid, m.Start.CallSid, m.Start.StreamSid
		return s
	}
	own := "AC" + strings.Repeat("0", 32)
	first, again, other := start("call_1", ""), start("call_1", ""), start("call_2", own)
	require.Equal(t, first.CallSID, again.CallSID)
	require.Equal(t, first.AccountSID, again.AccountSID)
	require.NotEqual(t, first.StreamSID, again.StreamSID, "a stream that is opened again is another stream")
	require.NotEqual(t, first.CallSID, other.CallSID)
	require.Equal(t, own, other.AccountSID)
}

func TestWhatTheBotSaysReachesTheCallENG05(t *testing.T) {
	t.Parallel()
	b := listen(t, func(l *line) {
		l.until("start")
		for i := range 100 {
			l.media(bytes.Repeat([]byte{byte(i + 1)}, 1+i*7)) // any size
			l.mark(fmt.Sprintf("m%d", i))
		}
		l.clear()
		l.media([]byte("after"))
		l.until("stop")
	})
	k := begin(t, engine(t, nil), config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}}))
	first := ""
	for i := range 100 {
		e := k.Wait(call.EventAudio)
		require.Equal(t, bytes.Repeat([]byte{byte(i + 1)}, 1+i*7), e.Data)
		if first == "" {
			first = e.Item
		}
		require.Equal(t, first, e.Item, "one utterance")
		e = k.Next()
		require.Equal(t, call.Event{Kind: call.EventMark, Name: fmt.Sprintf("m%d", i)}, e)
	}
	require.Equal(t, call.EventClear, k.Next().Kind)
	e := k.Next()
	require.Equal(t, "after", string(e.Data))
	require.NotEqual(t, first, e.Item, "what was cleared is another utterance")
	require.Equal(t, call.EventAudioDone, k.Next().Kind)
}

func TestUnknownMessagesAreIgnoredAndLoggedOnceENG14(t *testing.T) {
	t.Parallel()
	b := listen(t, func(l *line) {
		l.until("start")
		for _, msg := range []string{
			`{`, `[]`, `"x"`, `{"event":"media"}`, `{"event":"hello","streamSid":"SID"}`,
			`{"event":"media","streamSid":"MZother","media":{"payload":"AAAA"}}`,
			`{"event":"media","streamSid":"SID","media":{"payload":"secret!"}}`,
			`{"event":"media","streamSid":"SID","media":{"payload":""}}`,
			`{"event":"mark","streamSid":"SID","mark":{"name":""}}`,
			`{"event":"mark","streamSid":"SID","mark":{"name":"` + strings.Repeat("n", 600) + `"}}`,
			`{"event":"clear"}`, strings.Repeat(`{"a":`, 100000),
		} {
			l.send(msg)
		}
		_ = l.Conn.WriteMessage(websocket.BinaryMessage, []byte(`{"event":"clear","streamSid":"`+l.sid+`"}`))
		l.media([]byte("end"))
		l.until("stop")
	})
	var log logtest.Buffer
	k := begin(t, engine(t, &log), config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}}))
	require.Equal(t, "end", string(k.Next().Data), "nothing came before")
	k.Conv.Close()
	require.Equal(t, 1, strings.Count(log.String(), "level=WARN"))
	require.Contains(t, log.String(), "13 messages")
	require.NotContains(t, log.String(), "secret!")
}

func TestOneHugeMessageENG09(t *testing.T) {
	t.Parallel()
	ten := tone(10 * time.Minute)
	b := listen(t, func(l *line) {
		l.until("start")
		l.media(ten)
		l.until("stop")
	})
	k := begin(t, engine(t, nil), config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}}))
	require.Equal(t, ten, k.Wait(call.EventAudio).Data)
}

func TestMoreThanOneMessageMayHoldEndsTheConversationENG14(t *testing.T) {
	t.Parallel()
	b := listen(t, func(l *line) {
		l.until("start")
		l.media(make([]byte, 7<<20))
		l.until("stop")
	})
	k := begin(t, engine(t, nil), config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}}))
	e := k.Wait(call.EventEnd)
	require.ErrorIs(t, e.Err, websocket.ErrReadLimit)
	require.False(t, e.Retry)
}

func TestTheEndOfTheStream(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		onClose string
		close   func(*line)
		ok      bool // the assistant wanted to end
		retry   bool
		tool    bool
	}{
		{name: "closed", close: func(l *line) { l.Close(1000) }, ok: true},
		{name: "closed without a code", close: func(l *line) { l.Close(websocket.CloseNoStatusReceived) }, ok: true},
		{name: "closed with a code of its own", close: func(l *line) { l.Close(4001) }, ok: true},
		{name: "to end", onClose: api.OnEngineCloseEnd, close: func(l *line) { l.Close(1000) }, ok: true},
		{name: "to transfer", onClose: api.OnEngineCloseTransfer, close: func(l *line) { l.Close(1000) }, tool: true},
		{name: "to the fallback", onClose: api.OnEngineCloseFallback, close: func(l *line) { l.Close(1000) }},
		{name: "going away ENG-07", close: func(l *line) { l.Close(1001) }, retry: true},
		{name: "internal error ENG-07", close: func(l *line) { l.Close(1011) }, retry: true},
		{name: "broken ENG-07", close: func(l *line) { _ = l.Conn.NetConn().Close() }, retry: true},
		{
			name: "broken, to transfer", onClose: api.OnEngineCloseTransfer,
			close: func(l *line) { _ = l.Conn.NetConn().Close() }, retry: true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := listen(t, func(l *line) {
				l.until("start")
				l.media(tone(time.Second)) // in the middle of a sentence
				c.close(l)
				l.until("stop")
			})
			k := begin(t, engine(t, nil), config(t, api.MediaStreamEngine{
				UserBot: api.UserBot{URL: b.URL()}, OnEngineClose: c.onClose,
			}))
			k.Wait(call.EventAudio)
			k.Wait(call.EventAudioDone)
			if c.tool {
				e := k.Next()
				require.Equal(t, call.ToolTransfer, e.Name)
				require.JSONEq(t, `{"destination":""}`, e.Args)
				require.NoError(t, k.Conv.Write(make([]byte, 160)), "the call goes on")
				k.Do(call.DTMF{Digit: '1'})
				k.Do(call.ToolResult{ID: e.ID, Err: "no_live_agent"})
			}
			e := k.Wait(call.EventEnd)
			require.Equal(t, c.ok, e.Err == nil, "%v", e.Err)
			require.Equal(t, c.retry, e.Retry)
			_, more := <-k.Conv.Events()
			require.False(t, more)
		})
	}
}

func TestABotThatRefusesENG07(t *testing.T) {
	t.Parallel()
	s := newRefusing(t, http.StatusForbidden)
	c := config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: s}})
	c.Secret = func(string) string { return "a-secret-key" }
	_, err := engine(t, nil).Open(t.Context(), c)
	require.EqualError(t, err, "connect to the bot: the upgrade was answered with status 403")

	c = config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: "ws://10.0.0.1/bot"}})
	_, err = engine(t, nil).Open(t.Context(), c)
	require.ErrorContains(t, err, "not public (private)")
}

func TestABotThatShowsNoLifeIsLeftENG07(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	stop := make(chan struct{})
	b := listen(t, func(*line) { <-stop }) // reads nothing, so answers no ping
	defer close(stop)
	k := begin(t, engine(t, nil), config(t, api.MediaStreamEngine{UserBot: api.UserBot{URL: b.URL()}}))
	began := time.Now()
	e := k.Wait(call.EventEnd)
	require.True(t, e.Retry)
	require.Error(t, e.Err)
	require.InDelta(t, 10, time.Since(began).Seconds(), 3)
}
