package twilio

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel/twilio/platform"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/outbound"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	testKey       = "SK0123456789abcdef0123456789abcdef"
	testKeySecret = "fedcba9876543210fedcba9876543210"
)

// restServer is Twilio's REST API on a real TLS listener, which the gateway
// reaches because loopback is allowed.
func restServer(t testing.TB, h http.Handler) (Kind, *outbound.Client) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := outbound.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, roots)
	t.Cleanup(c.Close)
	return Kind{REST: s.URL, wait: shortWait}, c
}

// withKey gives the test channel an account and, unless secret is empty, a key.
func (b *bundle) withKey(keySecret string) {
	body := &api.TwilioChannel{PhoneNumberToLiveAgent: liveAgent, AccountSID: testAccount}
	secrets := map[string][]channel.LiveSecret{tokenSecret: {{Value: secret.New(testToken)}}}
	if keySecret != "" {
		body.APIKeySID = testKey
		secrets["api_key_secret"] = []channel.LiveSecret{{Value: secret.New(keySecret)}}
	}
	b.configureBody(testChannel, body, secrets)
}

// do is a channel.Doer that answers from a list, the last one for ever.
type do struct {
	answers  []string // "200 body"; "" is a lost connection
	requests []*http.Request
	bodies   []string
}

func (d *do) Do(r *http.Request) (*http.Response, error) {
	d.requests = append(d.requests, r)
	body, _ := io.ReadAll(r.Body)
	d.bodies = append(d.bodies, string(body))
	answer := d.answers[min(len(d.requests), len(d.answers))-1]
	if answer == "" {
		return nil, errors.New("connection reset")
	}
	rec := httptest.NewRecorder()
	status, text, _ := strings.Cut(answer, " ")
	code := map[string]int{"200": 200, "302": 302, "400": 400, "401": 401, "404": 404, "429": 429, "503": 503}[status]
	if code == http.StatusTooManyRequests {
		rec.Header().Set("Retry-After", "1")
	}
	rec.WriteHeader(code)
	_, _ = io.WriteString(rec, text)
	return rec.Result(), nil
}

func TestRESTUpdate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answers []string
		want    string // error
		asked   int
	}{
		{"taken", []string{"200 {}"}, "", 1},
		{"repeated after 503", []string{"503 ", "503 ", "200 {}"}, "", 3},
		{"repeated after 429, as late as asked", []string{"429 ", "200 {}"}, "", 2},
		{"repeated after a lost connection", []string{"", "200 {}"}, "", 2},
		{"unknown call", []string{`404 {"code":20404}`}, "", 1},
		{"unknown call without a code", []string{"404 "}, "", 1},
		{"ended call", []string{`400 {"code":21220,"message":"Call is not in-progress. Cannot redirect."}`}, "", 1},
		{"wrong key", []string{`401 {"code":20003}`}, "the REST API answered 401 (error 20003)", 1},
		{"redirected", []string{"302 "}, "the REST API answered 302 (error 0)", 1},
		{"refused TwiML", []string{`400 {"code":32018}`}, "the REST API answered 400 (error 32018)", 1},
		{"never", []string{"503 "}, "the REST API answered 503 (error 0)", 5},
		{"never reached", []string{""}, "ask the REST API: connection reset", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &do{answers: tt.answers}
				c := &restClient{
					rest: rest{outbound: d, base: "https://api.twilio.com"}, account: testAccount, key: testKey,
					secret: secret.New(testKeySecret),
				}
				ctx, cancel := context.WithTimeout(t.Context(), restBudget)
				defer cancel()
				began := time.Now()
				err := c.update(ctx, testSID, twiml{dialVerb{Number: liveAgent}})
				require.LessOrEqual(t, time.Since(began), restBudget)
				if tt.want != "" {
					require.EqualError(t, err, tt.want)
				} else {
					require.NoError(t, err)
				}
				require.Len(t, d.requests, tt.asked)
				r := d.requests[0]
				require.Equal(t, http.MethodPost, r.Method)
				require.Equal(t, "https://api.twilio.com/2010-04-01/Accounts/"+testAccount+"/Calls/"+testSID+".json",
					r.URL.String())
				form, err := url.ParseQuery(d.bodies[len(d.bodies)-1])
				require.NoError(t, err)
				require.Contains(t, form.Get("Twiml"), "<Number>"+liveAgent+"</Number>")
				user, password, _ := r.BasicAuth()
				require.Equal(t, []string{testKey, testKeySecret}, []string{user, password})
			})
		})
	}
}

func TestRESTHost(t *testing.T) {
	t.Parallel()
	live := func(region, edge string) *channel.Live {
		return channel.NewLive(testChannel, api.KindTwilio, func() api.ChannelBody {
			b := &api.TwilioChannel{AccountSID: testAccount, APIKeySID: testKey, Region: region, Edge: edge}
			b.Defaults()
			return b
		}(), api.Assistant{}, true, map[string][]channel.LiveSecret{keySecret: {{Value: secret.New(testKeySecret)}}})
	}
	h := &handler{g: &fakeGateway{now: time.Now}}
	for _, tt := range []struct{ region, edge, want string }{
		{"", "", "https://api.twilio.com"},
		{"ie1", "dublin", "https://api.dublin.ie1.twilio.com"},
	} {
		c, ok := h.client(live(tt.region, tt.edge))
		require.True(t, ok)
		require.Equal(t, tt.want, c.base)
	}
}

func TestRequestsOfAnotherAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.withKey("")
	for _, step := range []string{
		stepVoice, stepVoiceFallback, stepConnectAction, stepDialAction, stepStatus, stepStreamStatus,
	} {
		status, body := b.post(t, step, form("AccountSid", "AC"+testKey[2:30]))
		require.Equal(t, http.StatusForbidden, status, step)
		require.Empty(t, body)
		require.Equal(t, reasonAccountMismatch, b.lastRefusal(t).Reason)
	}
	require.Empty(t, b.offers)
	status, _ := b.post(t, stepVoice, form())
	require.Equal(t, http.StatusOK, status)
}

// ending makes a session that ends at once.
func ending(e call.Ending) func(context.Context, call.Leg) (call.Result, error) {
	return func(ctx context.Context, l call.Leg) (call.Result, error) {
		return call.Result{Ending: e}, l.End(ctx, e)
	}
}

var transferred = call.Ending{
	Reason: call.ReasonTransfer, Outcome: call.OutcomeTransferred, Transfer: &call.Target{},
}

func testActionMissing(t *testing.T) {
	// callOf answers a GET as Twilio does and remembers what was posted.
	callOf := func(status string, posted chan<- url.Values) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				_ = r.ParseForm()
				posted <- r.PostForm
			}
			_, _ = io.WriteString(w, `{"sid":"`+testSID+`","status":"`+status+
				`","direction":"inbound","from":"+15105550100","to":"+18885550199"}`)
		})
	}
	t.Run("transferred over REST", func(t *testing.T) {
		t.Parallel()
		posted := make(chan url.Values, 9)
		k, outside := restServer(t, callOf("in-progress", posted))
		b := setupWith(t, k, outside)
		b.withKey(testKeySecret)
		b.serve = ending(transferred)
		require.Equal(t, 1000, closeCode(b.running(t)))
		b.calls.Wait()
		doc := (<-posted).Get("Twiml")
		require.Contains(t, doc, "<Number>"+liveAgent+"</Number>")
		require.Contains(t, doc, `callerId="+18885550199"`)
		require.Empty(t, posted)
		require.Equal(t, 1, b.served, "never a second engine")
		require.Empty(t, b.refusals)
	})
	t.Run("ended over REST", func(t *testing.T) {
		t.Parallel()
		posted := make(chan url.Values, 9)
		k, outside := restServer(t, callOf("in-progress", posted))
		b := setupWith(t, k, outside)
		b.withKey(testKeySecret)
		b.serve = ending(call.Ending{Reason: call.ReasonEngineEnd, Outcome: call.OutcomeResolved})
		closeCode(b.running(t))
		b.calls.Wait()
		require.Equal(t, url.Values{"Status": {"completed"}}, <-posted)
	})
	t.Run("over by then", func(t *testing.T) {
		t.Parallel()
		posted := make(chan url.Values, 9)
		k, outside := restServer(t, callOf("completed", posted))
		b := setupWith(t, k, outside)
		b.withKey(testKeySecret)
		b.serve = ending(transferred)
		closeCode(b.running(t))
		b.calls.Wait()
		require.Empty(t, posted)
		require.Empty(t, b.refusals)
	})
	t.Run("wrong key", func(t *testing.T) {
		t.Parallel()
		k, outside := restServer(t, &platform.REST{Account: testAccount, Key: testKey, Secret: "another"})
		b := setupWith(t, k, outside)
		b.withKey(testKeySecret)
		b.serve = ending(transferred)
		closeCode(b.running(t))
		b.calls.Wait()
		require.Equal(t, reasonRESTFailed, b.lastRefusal(t).Reason)
		require.Equal(t, "call "+testCall+": Twilio did not ask what comes next: the REST API answered 401 (error 20003)",
			b.lastRefusal(t).Detail)
		require.NotContains(t, b.logs.String(), testKeySecret)
	})
	t.Run("counted without a key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.serve = ending(transferred)
		closeCode(b.running(t))
		b.calls.Wait()
		require.Equal(t, reasonActionMissing, b.lastRefusal(t).Reason)
		require.Contains(t, b.lastRefusal(t).Detail, testCall)
		require.Len(t, b.refusals, 1)
		require.Equal(t, 1, b.served)
	})
	t.Run("asked of another node", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.asked = true
		b.serve = ending(transferred)
		closeCode(b.running(t))
		b.calls.Wait()
		require.Empty(t, b.refusals)
	})
	// Nothing is missing when Twilio asks, or nobody is on the line any more.
	for _, tt := range []struct {
		name string
		end  call.Ending
		step string
		form url.Values
	}{
		{"asked", transferred, stepConnectAction, form()},
		{"over", transferred, stepStatus, form("CallStatus", "completed")},
		{"the caller hung up", call.Ending{Reason: call.ReasonCallerHangup}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setupWith(t, Kind{}, nil)
			b.serve = ending(tt.end)
			b.outcome = func() (channel.Outcome, error) { return channel.Outcome{Ended: true, Ending: tt.end}, nil }
			closeCode(b.running(t))
			if tt.step != "" {
				status, _ := b.post(t, tt.step, tt.form)
				require.Equal(t, http.StatusOK, status)
			}
			began := time.Now()
			b.calls.Wait()
			require.Less(t, time.Since(began), actionWait-time.Second, "nothing is waited for")
			require.Empty(t, b.refusals)
		})
	}
}
