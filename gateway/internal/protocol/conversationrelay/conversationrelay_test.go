package conversationrelay_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/conversationrelay"
)

type message = conversationrelay.Message

func malformed(problem string) message {
	return message{Kind: conversationrelay.Malformed, Problem: problem}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, msg string
		want      message
	}{
		{"text", `{"type":"text","token":"Hello, ","last":false}`, message{Kind: conversationrelay.Text, Token: "Hello, "}},
		{
			"last text with options of the vendor",
			`{"type":"text","token":"there.","last":true,"lang":"en-US","interruptible":true,"preemptible":false}`,
			message{Kind: conversationrelay.Text, Token: "there.", Last: true},
		},
		{"text without a token", `{"type":"text","last":true}`, message{Kind: conversationrelay.Text, Last: true}},
		{
			"play", `{"type":"play","source":"https://example.com/a.wav","loop":1}`,
			message{Kind: conversationrelay.Play, Source: "https://example.com/a.wav"},
		},
		{"digits", `{"type":"sendDigits","digits":"9www1"}`, message{Kind: conversationrelay.SendDigits, Digits: "9www1"}},
		{
			"language", `{"type":"language","ttsLanguage":"sv-SE","transcriptionLanguage":"en-US"}`,
			message{Kind: conversationrelay.Language, TTSLanguage: "sv-SE", TranscriptionLanguage: "en-US"},
		},
		{"end", `{"type":"end"}`, message{Kind: conversationrelay.End}},
		{
			"hand-over", `{"type":"end","handoffData":"{\"reasonCode\":\"live-agent-handoff\"}"}`,
			message{Kind: conversationrelay.End, Handoff: `{"reasonCode":"live-agent-handoff"}`},
		},
		{"unknown", `{"type":"hello"}`, message{}},
		{"no object", `[]`, malformed("not a JSON object")},
		{"no type", `{}`, malformed("type is missing")},
		{"a number", `{"type":"text","token":1}`, malformed("token is not a string")},
		{"an object", `{"type":"end","handoffData":{}}`, malformed("handoffData is not a string")},
		{"no source", `{"type":"play"}`, malformed("source is missing")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, cmp.Diff(c.want, conversationrelay.Decode([]byte(c.msg))))
		})
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	s := conversationrelay.Setup{
		SessionID: "VX1", AccountSID: "AC1", CallSID: "CA1", From: "+18005550100", To: "+18005550101",
		CustomParameters: map[string]string{"callReference": `"bar"`},
	}
	for name, c := range map[string]struct {
		want string
		got  []byte
	}{
		"setup": {
			`{"type":"setup","sessionId":"VX1","accountSid":"AC1","parentCallSid":"","callSid":"CA1",` +
				`"from":"+18005550100","to":"+18005550101","forwardedFrom":"","callType":"PSTN","callerName":"",` +
				`"direction":"inbound","callStatus":"RINGING","customParameters":{"callReference":"\"bar\""}}`, s.Append(nil),
		},
		"prompt": {
			`{"type":"prompt","voicePrompt":"What's \"up\"?","lang":"en-US","last":true}`,
			conversationrelay.AppendPrompt(nil, `What's "up"?`, "en-US"),
		},
		"dtmf": {`{"type":"dtmf","digit":"#"}`, conversationrelay.AppendDTMF(nil, '#')},
		"interrupt": {
			`{"type":"interrupt","utteranceUntilInterrupt":"Life is","durationUntilInterruptMs":460}`,
			conversationrelay.AppendInterrupt(nil, "Life is", 460),
		},
		"error": {`{"type":"error","description":"no"}`, conversationrelay.AppendError(nil, "no")},
	} {
		require.Equal(t, c.want, string(c.got), name)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"text","token":"a","last":true}`))
	f.Add([]byte(`{"type":"end","handoffData":"x"}`))
	f.Add([]byte(strings.Repeat(`{"a":`, 50)))
	f.Fuzz(func(t *testing.T, msg []byte) {
		m := conversationrelay.Decode(msg)
		if m.Kind == conversationrelay.Malformed {
			require.NotEmpty(t, m.Problem)
			return
		}
		require.True(t, json.Valid(msg))
		require.True(t, json.Valid(conversationrelay.AppendPrompt(nil, m.Token, m.Source)))
	})
}
