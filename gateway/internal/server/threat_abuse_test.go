package server_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
)

// premium is the expensive number of the attacks, as no port and no id holds it.
const premium = "9005550199"

// evilTargets are destinations that nobody configured.
var evilTargets = []string{
	"+19005550199", "+8816555019", "19005550199", "tel:+19005550199", "sip:desk@example.com;transport=tcp",
	"sip:desk@example.com?Replaces=x", "sip:desk@evil.example", "desk\r\nContact: <sip:x@evil.example>",
	"desk\x00", "DESK", " desk", "desk ", "+1415555\u0660123", "</Number><Number>+19005550199</Number>",
	strings.Repeat("9", 10_000),
}

// The engine chooses among names; whatever else it asks for is refused, and
// the call goes on to the channel's own live agent.
func testTransferTargets(t *testing.T) {
	r := newRig(t)
	line := r.dial()
	conversation := r.conversation()
	ask := func(args string) {
		conversation.say(call.Event{Kind: call.EventToolCall, ID: "t", Name: call.ToolTransfer, Args: args})
	}
	refused := func() string {
		select {
		case result := <-conversation.results:
			return result.Err
		case <-time.After(patience):
			require.FailNow(t, "the tool call was not answered")
			return ""
		}
	}
	go func() { // the ear stays open
		for range line.Heard() {
		}
	}()
	for _, target := range evilTargets {
		args, err := json.Marshal(map[string]string{"destination": target})
		require.NoError(t, err)
		ask(string(args))
		require.Equal(t, "unknown_destination", refused(), "%.40q", target)
	}
	for _, args := range []string{
		`{"destination":["desk"]}`, `{"destination":`, `[]`, `{"destination":{"number":"+19005550199"}}`,
		`{"destination":"` + strings.Repeat("x", 100_000) + `"}`,
	} {
		ask(args)
		require.Equal(t, "bad_arguments", refused(), "%.40s", args)
	}
	conversation.say(call.Event{Kind: call.EventToolCall, ID: "t", Name: "dial", Args: `{"number":"+19005550199"}`})
	require.Equal(t, "unknown_tool", refused())

	ask(`{"destination":"","number":"+19005550199","target":"sip:x@evil.example"}`)
	end := r.lineEnd(line)
	require.Equal(t, "transfer", end.Next)
	require.Equal(t, liveAgent, end.Target)
	require.NotContains(t, end.Detail, premium)
	require.NotContains(t, end.Detail, "evil")
	r.works()
}

// What would be dangerous to dial cannot be configured.
func testConfiguredTargets(t *testing.T) {
	r := newRig(t)
	for _, target := range evilTargets {
		if api.CheckDialTarget(target) == nil {
			continue // a valid number or URI, dangerous only when an engine chooses it
		}
		err := r.Client.Post(t.Context(), "/v1/channels/twilio", api.TwilioChannel{
			Channel:                api.Channel{AssistantID: r.a.AssistantID, ProviderApplication: "p"},
			PhoneNumberToLiveAgent: target, AuthenticationToken: secretOf(r.a),
		}, nil, api.Write{})
		require.Equal(t, http.StatusUnprocessableEntity, api.Status(err), "%.40q", target)
		err = r.Client.Post(t.Context(), "/v1/assistants", api.Assistant{
			Name: "evil", Transfers: map[string]api.Transfer{"x": {Destination: target}},
		}, nil, api.Write{})
		require.Equal(t, http.StatusUnprocessableEntity, api.Status(err), "%.40q", target)
	}
	r.works()
}

// A target that came into the database past the admin API is not dialled.
func testStoredTarget(t *testing.T) {
	r := newRig(t)
	r.Stop()
	db := r.database()
	r.exec(db, `UPDATE channel SET spec = replace(spec, ?, 'sip:x@evil.example;maddr=192.0.2.1') WHERE id = ?`,
		liveAgent, r.b.ID)
	require.NoError(t, db.Close())
	r.start()
	var b api.TwilioChannel
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels/"+r.b.ID+"/twilio", &b))
	require.Contains(t, b.PhoneNumberToLiveAgent, "evil", "the case is set up")

	r.b.URL = b.URL
	for _, step := range []string{"voice-fallback", "connect-action"} {
		answer := r.ask(r.b, step, about(newSID()))
		require.NotContains(t, answer, "evil")
		require.NotContains(t, answer, "Dial")
	}
	require.NotContains(t, r.Log(), "evil")
	r.restart()
	r.works()
}

// Whatever a caller puts into the parameters, the answers have the verbs and
// the numbers they have for anybody else.
func testMarkup(t *testing.T) {
	r := newRig(t)
	for _, hostile := range []string{
		`"><Dial>+19005550199</Dial>`, `</Stream></Connect><Dial><Number>+19005550199</Number></Dial>`,
		`<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>&y;`, "]]><Dial/>", "\x00\x01\uFFFE", "\xff\xfe<x>",
		`' onload='x`, "a\r\nX-Injected: 1", "&#60;Dial&#62;", "<?xml version='1.0'?>",
	} {
		form := about(newSID())
		for _, name := range []string{
			"CallerName", "FromCity", "To", "From", "Direction", "AccountSid", "SipHeader_X-Name", "DialCallStatus",
			"ErrorCode", "StreamEvent", "StreamError", "CallStatus", hostile,
		} {
			form.Set(name, hostile)
		}
		for _, step := range webhookSteps {
			verbs := elements(t, r.ask(r.a, step, form))
			require.Subset(t, []string{
				"Response", "Connect", "Stream", "Parameter", "Hangup", "Say", "Dial", "Number",
			}, verbs, step)
		}
		r.ask(r.a, "status", about(form.Get("CallSid"), "CallStatus", "completed"))
	}
	for _, sid := range []string{"", "CA<Dial/>", "CA\r\nX: 1", strings.Repeat("A", 65)} {
		target, form := r.step(r.a, "voice"), about(sid)
		status, body := r.post(target, sign(secretOf(r.a), target, form), form)
		require.Equal(t, http.StatusBadRequest, status)
		require.Empty(t, body)
	}
	r.works()
}

// elements names the elements of an answer. Text and attributes must be the
// gateway's own.
func elements(t *testing.T, twiml string) (names []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(twiml))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names
		}
		require.NoError(t, err, twiml)
		switch token := token.(type) {
		case xml.StartElement:
			names = append(names, token.Name.Local)
			for _, a := range token.Attr {
				require.NotContains(t, a.Value, premium, twiml)
				if a.Name.Local == "url" || a.Name.Local == "action" {
					u, err := url.Parse(a.Value)
					require.NoError(t, err)
					require.True(t, strings.HasPrefix(u.Path, "/c/twilio/chn_"), twiml)
				}
			}
		case xml.CharData:
			require.NotContains(t, string(token), premium, twiml)
		}
	}
}
