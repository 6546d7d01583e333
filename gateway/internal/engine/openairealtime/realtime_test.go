package openairealtime_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/openairealtime"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/openairealtime/realtimetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
)

func TestTheGreetingIsVerbatimAndFilledIn(t *testing.T) {
	t.Parallel()
	s := &realtimetest.Server{}
	conv := open(t, s, nil)
	require.Equal(t, "Hello Ann.", until(t, conv, call.EventTranscript).Text)
	require.Empty(t, s.Errors())
	require.Equal(t, "session.update", s.Events()[0])
}

func TestTheSessionIsWhatTheAssistantSays(t *testing.T) {
	t.Parallel()
	s := &realtimetest.Server{}
	conv := open(t, s, func(c *call.Config) {
		c.Instructions, c.Generated, c.Greeting = "Be kind to {{who}}.", true, ""
		c.Transfers = []call.Destination{{Name: "billing", Description: "Invoices."}}
		c.Voice = call.Voice{ID: "voice_1", Speed: 1.2, Pronunciations: map[string]string{"SQL": "sequel"}}
	})
	until(t, conv, call.EventAudio)
	update := s.Updates()[0]
	for _, part := range []string{
		`Be kind to Ann.`, `"voice":{"id":"voice_1"}`, `"speed":1.2`, `sequel`, `"enum":["billing"]`,
		`"format":{"type":"audio/pcmu"}`, `"silence_duration_ms":300`, `"interrupt_response":false`,
		`"model":"gpt-4o-mini-transcribe","language":"en"`, `"max_output_tokens":"inf"`,
	} {
		require.Contains(t, update, part)
	}
	require.NotContains(t, update, key)
}

func TestInterruptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		played int64
	}{
		{"what was heard", 120}, {"ENG-08 beyond the real length", 1 << 40}, {"nothing", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &realtimetest.Server{}
			conv := open(t, s, nil)
			item := until(t, conv, call.EventAudio).Item
			until(t, conv, call.EventTranscript)
			require.NoError(t, conv.Do(t.Context(), call.Interrupt{Item: item, PlayedMS: tt.played}))
			require.NoError(t, conv.Do(t.Context(), call.Say{Text: "Still there?"}))
			until(t, conv, call.EventTranscript)
			require.Contains(t, s.Events(), "conversation.item.truncate")
			require.NotContains(t, s.Errors(), "invalid_value")
		})
	}
}

func TestAConversationGoesOnWithItsHistoryENG07(t *testing.T) {
	t.Parallel()
	s := &realtimetest.Server{Behaviour: realtimetest.GoAway}
	conv := open(t, s, nil)
	speak(t, conv)
	end := until(t, conv, call.EventEnd)
	require.Equal(t, "going_away", end.Reason)
	require.True(t, end.Retry)

	again := open(t, s, func(c *call.Config) {
		c.CallerFirst = true
		c.History = []call.Message{{Role: call.RoleAssistant, Text: "Hello."}, {Role: call.RoleCaller, Text: "Help me."}}
	})
	until(t, again, call.EventAudio)
	require.Equal(t, []string{"Hello.", "Help me."}, s.Texts())
}

func TestABackendThatFailsENG07(t *testing.T) {
	t.Parallel()
	s := &realtimetest.Server{Behaviour: realtimetest.Fail}
	end := until(t, open(t, s, nil), call.EventEnd)
	require.Equal(t, "response_failed", end.Reason)
	require.True(t, end.Retry)
	require.ErrorContains(t, end.Err, "rate_limit_exceeded")
}

func TestKeysAreOneMessage(t *testing.T) {
	t.Parallel()
	s := &realtimetest.Server{}
	conv := open(t, s, func(c *call.Config) { c.CallerFirst = true })
	for _, digit := range []byte("123#") {
		require.NoError(t, conv.Do(t.Context(), call.DTMF{Digit: digit}))
	}
	until(t, conv, call.EventAudio)
	require.Equal(t, []string{"[The caller pressed on the telephone: 123#]"}, s.Texts())
}

func TestOpeningENG07(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server *realtimetest.Server
		change func(*call.Config)
		want   string
	}{
		{"ENG-19 a wrong key", &realtimetest.Server{}, func(c *call.Config) {
			c.Secret = func(string) string { return "sk-wrong-planted" }
		}, "status 401"},
		{"ENG-15 a format that was not asked for", &realtimetest.Server{Format: "audio/pcma"}, nil, "audio/pcma"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, c := engine(t, tt.server)
			c.In, c.Out = e.Formats(audio.Mulaw8k)
			if tt.change != nil {
				tt.change(&c)
			}
			_, err := e.Open(t.Context(), c)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "planted")
		})
	}
	t.Run("a backend that never accepts", func(t *testing.T) {
		t.Parallel()
		e, c := engine(t, &realtimetest.Server{Silent: true})
		c.In, c.Out = e.Formats(audio.Mulaw8k)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := e.Open(ctx, c)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("ENG-17 an address that is not public", func(t *testing.T) {
		t.Parallel()
		_, c := engine(t, &realtimetest.Server{})
		client := outbound.New(nil, nil)
		t.Cleanup(client.Close)
		e := openairealtime.New(client)
		c.In, c.Out = e.Formats(audio.Mulaw8k)
		_, err := e.Open(t.Context(), c)
		var refused *outbound.AddressError
		require.ErrorAs(t, err, &refused)
	})
}

func TestHostileBackendENG14(t *testing.T) {
	t.Parallel()
	delta := func(data string) string {
		return `{"type":"response.output_audio.delta","item_id":"i","content_index":0,"delta":"` + data + `"}`
	}
	many := make([]string, 101)
	for i := range many {
		many[i] = `{"type":"surprise"}`
	}
	for _, tt := range []struct {
		name   string
		linear bool
		script []string
		want   string // reason of the end; empty if the call goes on
	}{
		{"ENG-14 15 MiB and one byte", false, []string{strings.Repeat("x", 15<<20+1)}, "too_large"},
		{"ENG-14 no JSON, invalid base64, unknown events, deep JSON", false, []string{
			"no", delta("***"), `{"type":"new.event","delta":1}`,
			`{"type":"response.done","response":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
			`{"type":"error","error":null}`, `[]`, `{"type":"response.done","response":"no"}`,
		}, ""},
		{"ENG-14 more than can be overlooked", false, many, "protocol"},
		{"ENG-15 half a sample", true, []string{delta("AAAA")}, "protocol"},
		{"ENG-15 an empty delta", true, []string{delta("")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, c := engine(t, &realtimetest.Server{Script: tt.script})
			c.CallerFirst = true
			c.In, c.Out = e.Formats(audio.Mulaw8k)
			if tt.linear {
				c.In, c.Out = e.Formats(audio.Linear16k)
			}
			conv, err := e.Open(t.Context(), c)
			require.NoError(t, err)
			t.Cleanup(conv.Close)
			if tt.want != "" {
				require.Equal(t, tt.want, until(t, conv, call.EventEnd).Reason)
				return
			}
			require.NoError(t, conv.Do(t.Context(), call.Say{Text: "Still there?"}))
			until(t, conv, call.EventAudio)
		})
	}
}

func TestFloodIsPassedOnInOrderENG09(t *testing.T) {
	t.Parallel()
	const long = time.Minute
	conv := open(t, &realtimetest.Server{Behaviour: realtimetest.Burst, Burst: long}, func(c *call.Config) {
		c.CallerFirst = true
	})
	speak(t, conv)
	var heard []byte
	for len(heard) < audio.Mulaw8k.Bytes(long) {
		heard = append(heard, until(t, conv, call.EventAudio).Data...)
	}
	require.Equal(t, realtimetest.Tone(audio.Mulaw8k, long), heard)
}
