package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
)

var webhookSteps = []string{"voice", "voice-fallback", "connect-action", "dial-action", "status", "stream-status"}

// Every public path × every kind of wrong secret; the stream with a good
// ticket, so that only the secret is wrong.
func testUnauthenticated(t *testing.T) {
	r := newRig(t)
	expired := r.channel(r.a.AssistantID)
	old := secretOf(expired)
	*expired = *r.rotate(expired, 0)
	revoked := r.channel(r.a.AssistantID)
	sid := newSID()
	revokedStream := streamURL(t, r.ask(revoked, "voice", about(sid)))
	require.NotEmpty(t, revokedStream)
	r.gaveUp(revoked, sid)
	require.NoError(t, r.Client.Delete(t.Context(), "/v1/channels/"+revoked.ID, api.Write{IfMatch: "*"}))

	for _, tt := range []struct {
		name    string
		channel *api.TwilioChannel
		token   string // "": no signature
		status  int
	}{
		{"none", r.a, "", 403},
		{"wrong", r.a, strings.Repeat("x", 32), 403},
		{"other channel's", r.a, secretOf(r.b), 403},
		{"expired", expired, old, 403},
		{"revoked", revoked, secretOf(revoked), 404},
	} {
		signed := func(target string, form map[string][]string) string {
			if tt.token == "" {
				return ""
			}
			return sign(tt.token, target, form)
		}
		form := about(newSID())
		for _, step := range webhookSteps {
			target := r.step(tt.channel, step)
			status, body := r.post(target, signed(target, form), form)
			require.Equal(t, tt.status, status, "%s, %s", tt.name, step)
			require.Empty(t, body, "%s, %s", tt.name, step)
		}
		stream := revokedStream
		if tt.channel != revoked {
			stream = streamURL(t, r.ask(tt.channel, "voice", form))
		}
		_, status := r.upgrade(stream, signed(stream, nil))
		require.Equal(t, tt.status, status, "%s, media", tt.name)
		if tt.channel == revoked {
			continue
		}
		ws, _ := r.upgrade(stream, sign(secretOf(tt.channel), stream, nil))
		require.NotNil(t, ws, "%s: the attempt burned the ticket", tt.name)
		require.NoError(t, ws.Close())
		r.gaveUp(tt.channel, form.Get("CallSid"))
	}
	r.works()
}

// A repeated webhook is the same call with a new ticket; a ticket works once,
// on its channel only; after the call there is no second one.
func testReplay(t *testing.T) {
	r := newRig(t)
	form := about(newSID())
	first := streamURL(t, r.ask(r.a, "voice", form))
	second := streamURL(t, r.ask(r.a, "voice", form))
	require.NotEqual(t, first, second)
	open := func(c *api.TwilioChannel, target string) (*websocket.Conn, int) {
		return r.upgrade(target, sign(secretOf(c), target, nil))
	}
	_, status := open(r.a, first)
	require.Equal(t, http.StatusForbidden, status, "the newer ticket made it void")
	_, status = open(r.b, strings.Replace(second, r.a.ID, r.b.ID, 1))
	require.Equal(t, http.StatusForbidden, status, "a ticket of another channel")
	ws, status := open(r.a, second)
	require.Equal(t, http.StatusSwitchingProtocols, status)
	_, status = open(r.a, second)
	require.Equal(t, http.StatusForbidden, status, "a used ticket")
	require.NoError(t, ws.Close())
	r.gaveUp(r.a, form.Get("CallSid"))

	line := r.dial()
	r.conversation()
	again := about(line.ProviderCallID())
	require.Empty(t, streamURL(t, r.ask(r.a, "voice", again)), "while the call runs")
	r.hangUp(line)
	require.Empty(t, streamURL(t, r.ask(r.a, "voice", again)), "after the call")
	r.works()
}

// What was burned or ended before a restart stays so after it. The requests
// are signed without the port, which the vendor's libraries do too, so that
// they stay good at the new address.
func testReplayAfterRestart(t *testing.T) {
	r := newRig(t)
	portless := func(target string) string {
		scheme, rest, _ := strings.Cut(target, "://")
		_, path, _ := strings.Cut(rest, "/")
		return scheme + "://127.0.0.1/" + path
	}
	voice := func(sid string) string {
		target := r.step(r.a, "voice")
		status, body := r.post(target, sign(secretOf(r.a), portless(target), about(sid)), about(sid))
		require.Equal(t, http.StatusOK, status)
		return streamURL(t, body)
	}
	media := func(target string) int {
		_, path, _ := strings.Cut(target, "/c/")
		target = "ws" + strings.TrimPrefix(r.PublicURL, "http") + "/c/" + path
		_, status := r.upgrade(target, sign(secretOf(r.a), portless(target), nil))
		return status
	}
	used, fresh, ended := newSID(), newSID(), r.dial()
	r.conversation()
	r.hangUp(ended)
	usedTicket := voice(used)
	require.Equal(t, http.StatusSwitchingProtocols, media(usedTicket))
	freshTicket := voice(fresh)
	r.gaveUp(r.a, used)
	r.gaveUp(r.a, fresh)

	r.restart()
	require.Equal(t, http.StatusForbidden, media(usedTicket), "a used ticket")
	require.Equal(t, http.StatusForbidden, media(freshTicket), "the ticket of a call that ended")
	for _, sid := range []string{used, fresh, ended.ProviderCallID()} {
		require.Empty(t, voice(sid), "a call that was here before")
	}
	r.works()
}

// A thousand guesses are refused, quickly, and the right secret still works
// from the same address.
func testGuessing(t *testing.T) {
	r := newRig(t)
	form := about(newSID())
	target := r.step(r.a, "voice")
	begun := time.Now()
	for range 1000 {
		status, _ := r.post(target, sign(newSID(), target, form), form)
		require.Equal(t, http.StatusForbidden, status)
	}
	for range 100 {
		status, _ := r.admin(http.MethodGet, "/v1/channels/"+r.a.ID+"/credentials", "vaa_"+newSID(), "")
		require.Equal(t, http.StatusUnauthorized, status)
	}
	require.Less(t, time.Since(begun), time.Minute)
	var page api.Page[api.Refusal]
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels/"+r.a.ID+"/refusals", &page))
	require.Len(t, page.Items, api.MaxRefusals, "what is remembered of them is bounded")
	require.Less(t, strings.Count(r.Log(), "signature_mismatch"), 300, "so is what is logged")
	r.works()
}

// A caller with the number of an earlier one gets nothing of that call.
func testCallerNumber(t *testing.T) {
	r := newRig(t)
	planted := about(newSID(), "CallerName", "planted", "SipHeader_X-Account", "planted")
	require.NotEmpty(t, streamURL(t, r.ask(r.a, "voice", planted)))
	r.gaveUp(r.a, planted.Get("CallSid"))

	line := r.dial() // the same number
	vars := r.conversation().config.Vars
	require.NotContains(t, vars, "sip_account")
	require.NotContains(t, vars, "caller_name")
	require.Contains(t, vars, "from_country", "what the platform says of this call is there")
	r.hangUp(line)
	r.works()
}
