package conversationrelay_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/conversationrelay"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/internal/openaihttp/openaihttptest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/speech"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/telemetry/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func engine(t testing.TB, log *logtest.Buffer) *conversationrelay.Engine {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	if log != nil {
		logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	o := outside(t)
	return conversationrelay.New(o, o, speech.New(speech.Options{Espeak: "/nonexistent"}), logger)
}

const sttKey = "sk-planted"

// ears is the block of a service that transcribes.
func ears(s *openaihttptest.Server) *api.SpeechService {
	return &api.SpeechService{
		BaseURL: s.URL, AllowInsecure: true, Model: openaihttptest.TranscriptionModel, APIKeyVersion: 1,
	}
}

func config(t testing.TB, o api.ConversationRelayEngine) call.Config {
	t.Helper()
	options, err := json.Marshal(o)
	require.NoError(t, err)
	return call.Config{
		CallID: "call_1", From: "+14155550100", To: "+14155550199", Language: "en-US", Options: options,
		In: audio.Linear16k, Out: audio.Linear16k, Greeting: "Hello {{name}}.", Vars: map[string]string{"name": "Ada"},
		Turn: call.Turn{Silence: 500 * time.Millisecond, MinInterrupt: 200 * time.Millisecond},
		Secret: func(name string) string {
			return map[string]string{"api_key": "12345", "stt.api_key": sttKey, "tts.api_key": sttKey}[name]
		},
	}
}

func TestContractENG02STY03(t *testing.T) {
	t.Parallel()
	b := listen(t, talking)
	s := openaihttptest.Start(t, sttKey)
	s.Hears("Where is my order?")
	enginetest.Run(t, func(t *testing.T) enginetest.Subject {
		t.Helper()
		c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, STT: ears(s)})
		c.HasLiveAgent = true
		return enginetest.Subject{
			Engine: engine(t, nil), Config: c,
			Speech:       func(t testing.TB, f audio.Format) []byte { return enginetest.Spoken(t, "agent", f) },
			DetectsTurns: true, Transcribes: true, TransferKey: '0', EndKey: '#',
		}
	})
}

// talk is a conversation driven by a test.
type talk struct{ *enginetest.Talk }

func open(t *testing.T, e *conversationrelay.Engine, c call.Config) talk {
	t.Helper()
	k := talk{enginetest.Begin(t, e, c)}
	k.Patience = 20 * time.Second
	require.Equal(t, call.EventReady, k.Next().Kind)
	return k
}

// says expects a sentence of the assistant, and gives its utterance.
func (k talk) says(text string) (item string, sound []byte) {
	k.T.Helper()
	a := k.Wait(call.EventAudio)
	e := k.Next()
	require.Equal(k.T, call.Event{
		Kind: call.EventTranscript, Role: call.RoleAssistant, Item: a.Item, Text: text, Final: true,
	}, e)
	return a.Item, a.Data
}

// speak says a committed utterance and a second of silence.
func (k talk) speak() {
	k.T.Helper()
	f := audio.Linear16k
	tick := time.NewTicker(4 * time.Millisecond)
	defer tick.Stop()
	data := append(enginetest.Spoken(k.T, "agent", f), make([]byte, f.Bytes(time.Second))...)
	for n := f.FrameBytes(); len(data) >= n; data = data[n:] {
		if k.Conv.Write(data[:n]) != nil {
			return // the conversation has ended
		}
		<-tick.C
	}
}

func TestAWholeSession(t *testing.T) {
	t.Parallel()
	interrupted := make(chan said, 1)
	b := listen(t, func(l line) {
		for {
			s, ok := l.next()
			if !ok {
				return
			}
			switch s.Type {
			case "prompt":
				l.text("First sentence here. Second", false)
				l.text(" sentence here.", true)
			case "interrupt":
				interrupted <- s
				l.text("stale", true)
			}
		}
	})
	s := openaihttptest.Start(t, sttKey)
	s.Hears("Where is my order?")
	var log logtest.Buffer
	k := open(t, engine(t, &log), config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, STT: ears(s)}))
	l := b.Next()
	greeting, _ := k.says("Hello Ada.")
	require.Equal(t, call.EventAudioDone, k.Next().Kind)
	mark := k.Next()
	require.Equal(t, call.EventMark, mark.Kind)
	k.Do(call.Played{Mark: mark.Name})
	k.speak()
	require.Equal(t, call.EventSpeechStarted, k.Next().Kind)
	require.Equal(t, call.EventSpeechStopped, k.Next().Kind)
	require.Equal(t, call.Event{
		Kind: call.EventTranscript, Role: call.RoleCaller, Text: "Where is my order?", Final: true,
	}, k.Next())
	first, sound := k.says("First sentence here.")
	require.NotEqual(t, greeting, first)
	second, _ := k.says("First sentence here. Second sentence here.")
	require.Equal(t, first, second, "one utterance")
	k.Wait(call.EventMark)

	played := audio.Linear16k.Duration(len(sound))
	k.Do(call.Interrupt{Item: first, PlayedMS: played.Milliseconds() * 3 / 2})
	i := <-interrupted
	require.Equal(t, "First sentence here. Second", i.UtteranceUntilInterrupt)
	require.Equal(t, played.Milliseconds()*3/2, i.DurationUntilInterruptMs)
	k.says("stale") // the utterance was complete, so this is another one
	k.Do(call.DTMF{Digit: '7'})
	k.Do(call.Say{Text: "Are you still there?"})
	k.says("Are you still there?")
	k.Conv.Close()

	require.Empty(t, s.Problems())
	require.Len(t, s.Heard(), 1)
	require.InDelta(t, 0.9, s.Heard()[0].Duration().Seconds(), 0.5)
	mac := hmac.New(sha1.New, []byte("12345"))
	_, _ = mac.Write([]byte(b.URL()))
	require.Equal(t, base64.StdEncoding.EncodeToString(mac.Sum(nil)), l.Request.Header.Get("X-Twilio-Signature"))
	require.Empty(t, l.Request.Header.Get("Origin"))
	ids := regexp.MustCompile(`(CA|AC|VX)[0-9a-f]{32}`)
	got := strings.Join(l.Transcript(), "\n")
	require.JSONEq(t, `{"type":"setup","sessionId":"VX","accountSid":"AC","parentCallSid":"","callSid":"CA",`+
		`"from":"+14155550100","to":"+14155550199","forwardedFrom":"","callType":"PSTN","callerName":"",`+
		`"direction":"inbound","callStatus":"RINGING","customParameters":{"name":"Ada"}}`,
		ids.ReplaceAllString(l.Transcript()[0], "$1"))
	require.Contains(t, got, `{"type":"prompt","voicePrompt":"Where is my order?","lang":"en-US","last":true}`)
	require.Contains(t, got, `{"type":"dtmf","digit":"7"}`)
	for _, secret := range []string{"12345", sttKey, "order", "+1415"} {
		require.NotContains(t, log.String(), secret)
	}
}

func TestWhatComesLateOfAnInterruptedUtteranceIsDropped(t *testing.T) {
	t.Parallel()
	taken := make(chan struct{})
	b := listen(t, func(l line) {
		l.until("dtmf")
		l.text("This goes on. And ", false)
		l.until("interrupt")
		l.text("on. And on. ", false)
		l.text("Until here.", true)
		l.text("Something new.", true)
		l.until("dtmf")
		l.text("Never complete. ", false)
		l.until("interrupt")
		l.text("Late. ", false)
		l.send(`{"type":"hello"}`)
		l.until("error")
		close(taken)
		l.until("dtmf")
		l.text("The next.", true)
		l.until("stop")
	})
	c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}})
	c.CallerFirst = true
	k := open(t, engine(t, nil), c)
	k.Do(call.DTMF{Digit: '1'})
	item, _ := k.says("This goes on.")
	k.Do(call.Interrupt{Item: item, PlayedMS: 10})
	k.says("Something new.")
	k.Do(call.DTMF{Digit: '1'})
	item, _ = k.says("Never complete.")
	k.Do(call.Interrupt{Item: item, PlayedMS: 10})
	<-taken
	k.Do(call.DTMF{Digit: '2'})
	k.says("The next.")
}

func TestTheEndComesAfterTheLastWordsENG18(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, end, tool, args string
	}{
		{"end", `{"type":"end"}`, call.ToolEnd, ""},
		{
			"hand-over", `{"type":"end","handoffData":"{\"a\":\"x\r\ny\"}"}`, call.ToolTransfer,
			`{"destination":"","summary":"{\"a\":\"x\r\ny\"}"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := listen(t, func(l line) {
				l.until("setup")
				l.text("Goodbye then", false)
				l.send(strings.ReplaceAll(strings.ReplaceAll(c.end, "\r", `\\r`), "\n", `\\n`))
				l.Close(1000)
			})
			cfg := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}})
			cfg.CallerFirst = true
			k := open(t, engine(t, nil), cfg)
			k.says("Goodbye then")
			e := k.Wait(call.EventToolCall)
			require.Equal(t, c.tool, e.Name)
			if c.args != "" {
				var args struct{ Destination, Summary string }
				require.NoError(t, json.Unmarshal([]byte(e.Args), &args))
				require.NotEmpty(t, args.Summary)
				k.Do(call.ToolResult{ID: e.ID, Err: "no_live_agent"})
				require.Equal(t, call.ToolEnd, k.Wait(call.EventToolCall).Name, "without a live agent the call ends")
			}
			k.Do(call.Say{Text: "Are you still there?"})
			k.says("Are you still there?")
		})
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	b := listen(t, func(l line) {
		l.until("setup")
		l.send(`{"type":"language","ttsLanguage":"sv-SE","transcriptionLanguage":"de-DE"}`,
			`{"type":"language","ttsLanguage":"a b"}`)
		l.text("Ready.", true)
		l.until("stop")
	})
	s := openaihttptest.Start(t, sttKey)
	s.Hears("Wo ist meine Bestellung?")
	c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, STT: ears(s)})
	c.CallerFirst = true
	k := open(t, engine(t, nil), c)
	l := b.Next()
	k.says("Ready.")
	k.Do(call.Interrupt{}) // nothing is played any more
	k.speak()
	require.Equal(t, "Wo ist meine Bestellung?", k.Wait(call.EventTranscript).Text)
	k.Conv.Close()
	require.Equal(t, "de", s.Language())
	got := strings.Join(l.Transcript(), "\n")
	require.Contains(t, got, `"lang":"de-DE"`)
	require.Contains(t, got, `{"type":"error","description":"language: not a tag such as en-US"}`)
}

func TestPlay(t *testing.T) {
	t.Parallel()
	tone := openaihttptest.Tone("a tone")
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/a.wav":
			_ = audio.WriteWAV(w, tone)
		case "/large.wav":
			_ = audio.WriteWAV(w, audio.Sound{Rate: 16000, Samples: make([]int16, 3<<20)})
		case "/a.mp3":
			_, _ = w.Write([]byte("ID3"))
		case "/redirect.wav":
			http.Redirect(w, r, "/a.wav", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(files.Close)
	errs := make(chan string, 10)
	b := listen(t, func(l line) {
		l.until("setup")
		for _, source := range []string{
			"https://example.com/a.wav", "ftp://127.0.0.1/a.wav", "http://a:b@127.0.0.1/a.wav", "file:///etc/passwd",
			files.URL + "/none.wav", files.URL + "/a.mp3", files.URL + "/large.wav", files.URL + "/redirect.wav",
		} {
			l.send(`{"type":"play","source":"` + source + `"}`)
			s, _ := l.until("error")
			errs <- s.Description
		}
		l.send(`{"type":"play","source":"` + files.URL + `/a.wav"}`)
		l.until("stop")
	})
	c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}})
	c.CallerFirst = true
	k := open(t, engine(t, nil), c)
	_, sound := k.says("[playback]")
	want, err := tone.Encode(audio.Linear16k)
	require.NoError(t, err)
	require.InDelta(t, len(want), len(sound), 10)
	const (
		source = "play: the source is not an https URL of an allowed host"
		fetch  = "play: the source cannot be fetched"
		format = "play: the source is not a WAV file of linear, A-law or µ-law audio"
	)
	for _, want := range []string{
		source, fetch, source, source, fetch + ": status 404", format, format, fetch + ": status 302",
	} {
		require.Equal(t, want, <-errs)
	}
}

func TestAServiceSpeaks(t *testing.T) {
	t.Parallel()
	b := listen(t, func(l line) {
		l.until("setup")
		l.text("One. Two.", true)
		l.until("stop")
	})
	s := openaihttptest.Start(t, sttKey)
	service := ears(s)
	service.Model = openaihttptest.SpeechModel
	c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, TTS: service})
	c.CallerFirst = true
	var log logtest.Buffer
	k := open(t, engine(t, &log), c)
	_, sound := k.says("One.")
	require.InDelta(t, audio.Linear16k.Bytes(openaihttptest.Tone("One.").Duration()), len(sound), 100)
	k.says("One. Two.")
	require.Equal(t, []string{"One.", "Two."}, s.Spoken())

	s.Fails(http.StatusInternalServerError)
	k.Do(call.Say{Text: "Are you still there?"})
	k.says("Are you still there?") // with the gateway's own voice
	require.Contains(t, log.String(), "status 500")
	require.NotContains(t, log.String(), sttKey)
}

func TestKeysAloneNeedNoEars(t *testing.T) {
	t.Parallel()
	b := listen(t, talking)
	k := open(t, engine(t, nil), config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}}))
	k.says("Hello Ada.")
	k.Wait(call.EventMark)
	k.speak() // nobody hears that
	k.Do(call.DTMF{Digit: '#'})
	k.says("Goodbye.")
	require.Equal(t, call.ToolEnd, k.Wait(call.EventToolCall).Name)
}

func TestFailuresENG07(t *testing.T) {
	t.Parallel()
	t.Run("closed in the middle", func(t *testing.T) {
		t.Parallel()
		for _, code := range []int{1000, 1001, 1011} {
			b := listen(t, func(l line) {
				l.until("setup")
				l.text("A sentence. And", false)
				l.Close(code)
				l.until("stop")
			})
			k := open(t, engine(t, nil), config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}}))
			e := k.Wait(call.EventEnd)
			require.Error(t, e.Err)
			require.True(t, e.Retry)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		if testing.Short() {
			t.Skip("takes ten seconds")
		}
		b := listen(t, func(l line) { l.until("stop") })
		s := openaihttptest.Start(t, sttKey)
		s.Hears("Where is my order?")
		c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, STT: ears(s)})
		c.CallerFirst = true
		k := open(t, engine(t, nil), c)
		k.speak()
		e := k.Wait(call.EventEnd)
		require.Equal(t, "stalled", e.Reason)
		require.True(t, e.Retry)
	})
	t.Run("no ears", func(t *testing.T) {
		t.Parallel()
		b := listen(t, func(l line) { l.until("stop") })
		s := openaihttptest.Start(t, "another key")
		c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, STT: ears(s)})
		c.CallerFirst = true
		k := open(t, engine(t, nil), c)
		for range 2 {
			k.speak()
			require.Empty(t, k.Wait(call.EventTranscript).Text, "the turn needs no answer")
		}
		k.speak()
		e := k.Wait(call.EventEnd)
		require.ErrorContains(t, e.Err, "status 401")
		require.False(t, e.Retry)
		require.NotContains(t, e.Err.Error(), sttKey)
	})
	t.Run("nothing was said", func(t *testing.T) {
		t.Parallel()
		b := listen(t, talking)
		s := openaihttptest.Start(t, sttKey)
		c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}, STT: ears(s)})
		c.CallerFirst = true
		k := open(t, engine(t, nil), c)
		k.speak()
		require.Empty(t, k.Wait(call.EventTranscript).Text)
	})
}

func TestMessagesThatAreNoneENG14(t *testing.T) {
	t.Parallel()
	errs := make(chan string, 20)
	b := listen(t, func(l line) {
		l.until("setup")
		for _, msg := range []string{
			`{`, `[]`, `{"type":"hello"}`, `{"type":"text","token":{}}`, `{"type":"sendDigits","digits":"1"}`,
			strings.Repeat(`{"a":`, 10000),
		} {
			l.send(msg)
			s, _ := l.until("error")
			errs <- s.Description
		}
		l.text("Fine.", true)
		l.until("stop")
	})
	c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}})
	c.CallerFirst = true
	var log logtest.Buffer
	k := open(t, engine(t, &log), c)
	k.says("Fine.")
	require.Equal(t, "invalid message: not a JSON object", <-errs)
	require.Equal(t, 1, strings.Count(log.String(), "level=WARN"))

	large := listen(t, func(l line) {
		l.until("setup")
		l.text(strings.Repeat("a", 70<<10), true)
		l.until("stop")
	})
	k = open(t, engine(t, nil), config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: large.URL()}}))
	require.False(t, k.Wait(call.EventEnd).Retry)
}

func TestMoreTextThanCanWaitENG14(t *testing.T) {
	t.Parallel()
	told := make(chan string, 1)
	b := listen(t, func(l line) {
		l.until("setup")
		for range 50 {
			l.text(strings.Repeat("No. ", 100), false)
		}
		s, _ := l.until("error")
		told <- s.Description
		l.until("stop")
	})
	c := config(t, api.ConversationRelayEngine{UserBot: api.UserBot{URL: b.URL()}})
	c.CallerFirst = true
	k := open(t, engine(t, nil), c)
	require.Equal(t, "text: too much waits to be spoken", <-told)
	k.Wait(call.EventAudio)
}
