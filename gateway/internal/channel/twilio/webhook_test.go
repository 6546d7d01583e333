package twilio

import (
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func TestVoice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.twiml(t, stepVoice, form(
		"FromCity", "São Paulo", "SipHeader_X-Order-Id", "7", "SipHeader_Via", "x", "New", "1"))
	at := b.url + "/c/twilio/" + testChannel + "/"
	var ticket string
	for ticket = range b.tickets {
	}
	require.Equal(t, at+"connect-action", a.Connect.Action)
	require.Equal(t, "POST", a.Connect.Method)
	attribute := func(name, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: value} }
	require.Empty(t, cmp.Diff([]xml.Attr{
		attribute("url", "ws"+strings.TrimPrefix(at, "http")+"media/"+ticket),
		attribute("name", testCall),
		attribute("statusCallback", at+"stream-status"),
		attribute("statusCallbackMethod", "POST"),
	}, a.Connect.Stream.Attrs))
	require.Equal(t, "call", a.Connect.Stream.Parameter.Name)
	require.Equal(t, testCall, a.Connect.Stream.Parameter.Value)
	require.NotNil(t, a.Hangup)
	require.Empty(t, cmp.Diff([]channel.Offer{{
		ProviderCallID: testSID, Account: testAccount, From: "+15105550100", To: "+18885550199",
		Vars: map[string]string{"from_city": "São Paulo", "sip_order_id": "7"}, Wait: time.Minute,
	}}, b.offers))
}

func testHostileNames(t *testing.T) {
	const hostile = `</Say><Dial>+1900</Dial><!-- & " ' é 🙂`
	b := setup(t)
	f := form("From", hostile, "To", hostile, "FromCity", hostile, "CallerName", hostile, hostile, hostile)
	a := b.twiml(t, stepVoice, f)
	require.NotNil(t, a.Connect)
	require.Nil(t, a.Dial)
	require.Equal(t, hostile, b.offers[0].Vars["caller_name"])

	b.offer = func(channel.Offer) (string, error) { return "", channel.ErrBusy }
	a = b.twiml(t, stepVoice, f)
	require.Equal(t, liveAgent, a.Dial.Number)
	require.Empty(t, a.Dial.CallerID, "only a telephone number may be shown as the caller")

	// Even a value that got past every check stays a value.
	var back answer
	written := twiml{
		connectVerb{Action: hostile, Stream: streamNoun{Parameter: parameterNoun{Value: hostile}}},
		dialVerb{CallerID: hostile, Number: hostile},
		sayVerb{Text: hostile + "\x00"},
	}.marshal()
	require.NoError(t, xml.Unmarshal(written, &back))
	require.Equal(t, hostile, back.Connect.Action)
	require.Equal(t, hostile, back.Connect.Stream.Parameter.Value)
	require.Equal(t, hostile, back.Dial.CallerID)
	require.Equal(t, hostile, back.Dial.Number)
	require.Equal(t, hostile+"\ufffd", back.Say)

	b.configure(testChannel, hostile, channel.LiveSecret{Value: secret.New(testToken)})
	a = b.twiml(t, stepVoice, f)
	require.Nil(t, a.Dial, "a target that is no number is not dialled")
	require.NotNil(t, a.Reject)
}

func TestVariablesAreBounded(t *testing.T) {
	t.Parallel()
	f := form(
		"FromCity", strings.Repeat("é", 1000), "FromState", "C\x00A\xff",
		"SipHeader_X-bad name", "x", "SipHeader_X-"+strings.Repeat("a", 99), "x")
	for n := range 100 {
		f.Set("SipHeader_X-"+itoa(n), "v")
	}
	vars := variables(&request{form: f})
	require.Len(t, vars, maxVariables)
	require.Equal(t, strings.Repeat("é", maxVariable/2), vars["from_city"])
	require.Equal(t, "v", vars["sip_0"])
	require.Equal(t, "CA", vars["from_state"])
}

func testNotTaken(t *testing.T) {
	tests := []struct {
		name      string
		err       error
		liveAgent string
		want      answer
	}{
		{"busy, live agent", channel.ErrBusy, liveAgent, answer{}},
		{"channel busy, live agent", channel.ErrChannelBusy, liveAgent, answer{}},
		{"channel busy, nobody", channel.ErrChannelBusy, "", answer{Reject: &struct{}{}}},
		{"busy, nobody", channel.ErrBusy, "", answer{Reject: &struct{}{}}},
		{"draining, live agent", channel.ErrDraining, liveAgent, answer{}},
		{"draining, nobody", channel.ErrDraining, "", answer{Reject: &struct{}{}}},
		{"inactive, live agent", channel.ErrInactive, liveAgent, answer{}},
		{"inactive, nobody", channel.ErrInactive, "", answer{Say: unreachable, Hangup: &struct{}{}}},
		{"store down, live agent", errors.New("no database"), liveAgent, answer{}},
		{"store down, nobody", errors.New("no database"), "", answer{Say: unreachable, Hangup: &struct{}{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.configure(testChannel, tt.liveAgent, channel.LiveSecret{Value: secret.New(testToken)})
			b.offer = func(channel.Offer) (string, error) { return "", tt.err }
			a := b.twiml(t, stepVoice, form())
			if tt.liveAgent != "" {
				require.Equal(t, liveAgent, a.Dial.Number)
				return
			}
			a.XMLName = xml.Name{}
			require.Empty(t, cmp.Diff(tt.want, a))
		})
	}
}

func TestVoiceFallback(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, liveAgent, b.twiml(t, stepVoiceFallback, form("ErrorCode", "11200")).Dial.Number)
	b.configure(testChannel, "", channel.LiveSecret{Value: secret.New(testToken)})
	a := b.twiml(t, stepVoiceFallback, form("ErrorCode", "11200"))
	require.Equal(t, unreachable, a.Say)
	require.NotNil(t, a.Hangup)
}

func testTransfer(t *testing.T) {
	const desk = "sip:desk@example.com"
	resolved, failed := ended(call.OutcomeResolved, nil), ended(call.OutcomeFailed, nil)
	toOwn := ended(call.OutcomeTransferred, &call.Target{})
	named := ended(call.OutcomeTransferred, &call.Target{Name: "billing", Destination: desk})
	smuggled := ended(call.OutcomeTransferred, &call.Target{Name: "x", Destination: "sip:a@b?X=1"})
	tests := []struct {
		name      string
		outcome   channel.Outcome
		err       error
		liveAgent string
		fallback  string
		number    string
		sip       string
		say       bool
	}{
		{name: "completed", outcome: resolved, liveAgent: liveAgent},
		{name: "own live agent", outcome: toOwn, liveAgent: liveAgent, number: liveAgent},
		{name: "live agent on SIP", outcome: toOwn, liveAgent: desk, sip: desk},
		{name: "nobody", outcome: toOwn, say: true},
		{name: "named", outcome: named, sip: desk},
		{name: "smuggled parameters", outcome: smuggled, say: true},
		{name: "unknown call", err: channel.ErrNotFound, liveAgent: liveAgent, number: liveAgent},
		{name: "unknown call, nobody", err: channel.ErrNotFound, say: true},
		{name: "store down", err: errors.New("no database"), liveAgent: liveAgent, number: liveAgent},
		{name: "lost call", liveAgent: liveAgent, number: liveAgent},
		{name: "failed", outcome: failed, liveAgent: liveAgent, number: liveAgent},
		{name: "failed, fallback ends", outcome: failed, liveAgent: liveAgent, fallback: api.FallbackEndCall},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.configure(testChannel, tt.liveAgent, channel.LiveSecret{Value: secret.New(testToken)})
			if tt.fallback != "" {
				b.channels[testChannel].Assistant.Fallback = tt.fallback
			}
			b.outcome = func() (channel.Outcome, error) { return tt.outcome, tt.err }
			a := b.twiml(t, stepConnectAction, form())
			if tt.number+tt.sip == "" {
				require.Nil(t, a.Dial)
				require.NotNil(t, a.Hangup)
				require.Equal(t, tt.say, a.Say != "")
				return
			}
			require.Equal(t, tt.number, a.Dial.Number)
			require.Equal(t, tt.sip, a.Dial.Sip)
			require.Equal(t, b.url+"/c/twilio/"+testChannel+"/dial-action", a.Dial.Action)
			require.Equal(t, "true", a.Dial.AnswerOnBridge)
			require.Equal(t, "30", a.Dial.Timeout)
			require.Equal(t, "+18885550199", a.Dial.CallerID)
			require.Nil(t, a.Hangup)
		})
	}
	for _, status := range []string{"completed", "answered", "busy", "no-answer", "failed", "canceled", "<new>"} {
		t.Run("dial "+status, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			a := b.twiml(t, stepDialAction, form("DialCallStatus", status))
			require.NotNil(t, a.Hangup)
			require.Equal(t, status != "completed" && status != "answered", a.Say != "")
			want := status
			if want == "<new>" {
				want = "unknown"
			}
			require.Equal(t, []channel.Report{{TransferMethod: "dial", TransferResult: want, Final: true}}, b.reports)
		})
	}
}

func ended(o call.Outcome, to *call.Target) channel.Outcome {
	return channel.Outcome{CallID: testCall, Ended: true, Ending: call.Ending{Outcome: o, Transfer: to}}
}

func TestCallerID(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, direction, from, to, want string }{
		{"inbound", "inbound", "+15105550100", "+18885550199", "+18885550199"},
		{"inbound, withheld", "inbound", "anonymous", "+18885550199", "+18885550199"},
		{"outbound", "outbound-api", "+18885550199", "+15105550100", "+18885550199"},
		{"over SIP", "inbound", "sip:a@example.com", "sip:b@example.com", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := form("Direction", tt.direction, "From", tt.from, "To", tt.to)
			require.Equal(t, tt.want, (&request{form: f}).ownNumber())
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, step := range []string{stepStatus, stepStreamStatus} {
		status, body := b.post(t, step, form("StreamEvent", "stream-started"))
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, body, "<Response></Response>")
	}
	require.Empty(t, b.reports)
	_, _ = b.post(t, stepStatus, form("CallStatus", "completed"))
	require.Equal(t, []channel.Report{{Final: true}}, b.reports)
}

func testRotation(t *testing.T) {
	const old = "ffffffffffffffffffffffffffffffff"
	b := setup(t)
	start := time.Now()
	b.configure(testChannel, liveAgent,
		channel.LiveSecret{Value: secret.New(testToken)},
		channel.LiveSecret{Value: secret.New(old), NotAfter: start.Add(24 * time.Hour)})
	for _, tt := range []struct {
		after time.Duration
		token string
		want  int
	}{
		{0, testToken, http.StatusOK},
		{23 * time.Hour, old, http.StatusOK},
		{25 * time.Hour, old, http.StatusForbidden},
		{25 * time.Hour, testToken, http.StatusOK},
	} {
		b.now = func() time.Time { return start.Add(tt.after) }
		b.token = tt.token
		status, _ := b.post(t, stepVoice, form())
		require.Equal(t, tt.want, status, "%s", tt.after)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := form().Encode()
	target := b.url + "/c/twilio/" + testChannel + "/voice"
	good := sign(testToken, target, form())
	big := form("Big", strings.Repeat("x", maxBody))
	empty := url.Values{"AccountSid": {testAccount}}
	tests := []struct {
		name, target, signature, body string
		status                        int
		reason                        string
	}{
		{"no signature", target, "", body, 403, "signature_missing"},
		{"malformed", target, "x", body, 403, "signature_malformed"},
		{"other body", target, good, body + "&x=1", 403, "signature_mismatch"},
		{"query added", target + "?x=1", good, body, 403, "signature_mismatch"},
		{"invalid form", target, good, "%zz", 403, "form_malformed"},
		{"too large", target, sign(testToken, target, big), big.Encode(), 413, "body_too_large"},
		{"no CallSid", target, sign(testToken, target, empty), empty.Encode(), 400, "call_sid_missing"},
		{"other channel", b.url + "/c/twilio/chn_x/voice", good, body, 404, "unknown_channel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := b.send(t, tt.target, tt.signature, tt.body)
			require.Equal(t, tt.status, status)
			require.Empty(t, answer)
			r := b.lastRefusal(t)
			require.Equal(t, tt.reason, r.Reason)
			require.Equal(t, stepVoice, r.Step)
			require.Equal(t, "127.0.0.1", r.Remote)
			require.Equal(t, tt.status == 403, r.Auth)
			if tt.reason == "signature_mismatch" {
				require.Contains(t, r.Detail, target+" ")
			}
		})
	}
	require.Empty(t, b.offers)
	res, err := b.server.Client().Get(target)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusMethodNotAllowed, res.StatusCode)
}

func TestProvision(t *testing.T) {
	t.Parallel()
	var k channel.Kind = Kind{}
	body := k.New().(*api.TwilioChannel)
	body.ID, body.AuthenticationToken, body.PhoneNumberToLiveAgent = testChannel, testToken, liveAgent
	secrets := k.Secrets()
	require.Len(t, secrets, 2)
	require.Equal(t, "authentication_token", secrets[0].Name)
	require.Nil(t, secrets[0].Generate)
	require.True(t, secrets[0].NeededBy(body))
	require.True(t, secrets[0].Take(body).Equal(testToken))
	require.Empty(t, body.AuthenticationToken)
	require.True(t, secrets[0].Take(body).IsZero())
	require.Equal(t, "api_key_secret", secrets[1].Name)
	require.False(t, secrets[1].NeededBy(body))
	body.APIKeySID, body.APIKeySecret = testKey, testKeySecret
	require.True(t, secrets[1].NeededBy(body))
	require.True(t, secrets[1].Take(body).Equal(testKeySecret))
	require.Empty(t, body.APIKeySecret)
	k.Outputs(body, channel.Endpoints{PublicURL: "https://va.example.com"})
	at := "https://va.example.com/c/twilio/" + testChannel
	require.Equal(t, at+"/voice", body.URL)
	require.Equal(t, at+"/voice-fallback", body.VoiceFallbackURL)
	require.Equal(t, at+"/status", body.StatusCallbackURL)
	require.Empty(t, body.MediaURL)
	body.AccountSID = testAccount
	k.Outputs(body, channel.Endpoints{PublicURL: "https://va.example.com"})
	require.Equal(t, "wss://va.example.com/c/twilio/"+testChannel+"/media", body.MediaURL)
	require.Equal(t, liveAgent, k.LiveAgent(body))
	require.Equal(t, "twilio", k.Name())
}

func BenchmarkVoice(b *testing.B) {
	s := setup(b)
	target := s.url + "/c/twilio/" + testChannel + "/voice"
	h := Kind{}.Handler(s.fakeGateway)
	body, signature := form().Encode(), sign(testToken, target, form())
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/c/twilio/"+testChannel+"/voice",
			strings.NewReader(body))
		r.Header.Set("Content-Type", formType)
		r.Header.Set("X-Twilio-Signature", signature)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
