package openairealtime_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/openairealtime"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/openairealtime/realtimetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "sk-planted-key-0123456789"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// engine gives an engine and the configuration of a call for a server.
func engine(t testing.TB, s *realtimetest.Server) (*openairealtime.Engine, call.Config) {
	t.Helper()
	s.Key = key
	url, stop := s.Start()
	t.Cleanup(stop)
	client := outbound.New(loopback, nil)
	t.Cleanup(client.Close)
	options, err := json.Marshal(api.OpenAIRealtimeEngine{BaseURL: url, AllowInsecure: true, Model: "gpt-realtime"})
	require.NoError(t, err)
	return openairealtime.New(client), call.Config{
		Language: "en-US", Greeting: "Hello {{who}}.", Options: options, Voice: call.Voice{ID: "marin", Speed: 1},
		Vars:   map[string]string{"who": "Ann"},
		Turn:   call.Turn{Silence: 300 * time.Millisecond, MinInterrupt: 100 * time.Millisecond},
		Secret: func(name string) string { return map[string]string{"api_key": key}[name] },
	}
}

// open opens a conversation of a µ-law leg.
func open(t testing.TB, s *realtimetest.Server, change func(*call.Config)) call.Conversation {
	t.Helper()
	e, c := engine(t, s)
	c.In, c.Out = e.Formats(audio.Mulaw8k)
	if change != nil {
		change(&c)
	}
	conv, err := e.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return conv
}

// until reads on to an event of a kind.
func until(t testing.TB, conv call.Conversation, kind call.EventKind) call.Event {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case e, ok := <-conv.Events():
			require.True(t, ok, "the events ended")
			if e.Kind == kind {
				return e
			}
			require.NotEqual(t, call.EventEnd, e.Kind, "ended: %s %v", e.Reason, e.Err)
		case <-timeout:
			require.FailNow(t, "the engine is silent")
		}
	}
}

// speak says a second of speech and a second of silence.
func speak(t testing.TB, conv call.Conversation) {
	t.Helper()
	silence := make([]byte, 8000)
	audio.Mulaw8k.Silence(silence)
	data := append(realtimetest.Babble(audio.Mulaw8k, time.Second), silence...)
	tick := time.NewTicker(audio.FrameDuration / 4)
	defer tick.Stop()
	for n := audio.Mulaw8k.FrameBytes(); len(data) >= n; data = data[n:] {
		if conv.Write(data[:n]) != nil {
			return // the conversation has ended, which the test looks at
		}
		<-tick.C
	}
}

func TestTheRealtimeEngineKeepsTheContractENG02(t *testing.T) {
	t.Parallel()
	for _, beta := range []bool{false, true} {
		name := "ENG-02 the names of GA"
		if beta {
			name = "ENG-04 the names of the beta"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enginetest.Run(t, func(t *testing.T) enginetest.Subject {
				e, c := engine(t, &realtimetest.Server{Beta: beta})
				return enginetest.Subject{
					Engine: e, Config: c, DetectsTurns: true, Transcribes: true,
					Speech:      func(_ testing.TB, f audio.Format) []byte { return realtimetest.Babble(f, time.Second) },
					TransferKey: realtimetest.TransferKey[0], EndKey: realtimetest.EndKey[0],
				}
			})
		})
	}
}
