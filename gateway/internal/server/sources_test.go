package server_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

const (
	attacker  = "198.51.100.7"
	bystander = "198.51.100.8"
)

// postFrom sends a webhook through a balancer, which adds where it came from.
func (r *rig) postFrom(source, target, signature string, form url.Values) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", signature)
	req.Header.Set("X-Forwarded-For", "203.0.113.1, "+source) // the left part is what the client claims
	req.Header.Set("X-Forwarded-Host", "evil.example")
	req.Header.Set("X-Forwarded-Proto", "https")
	res, err := gatewaytest.HTTP.Do(req)
	require.NoError(r.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(r.t, err)
	return res, string(body)
}

// Few of a thousand guesses are looked at, and the right secret works
// from everywhere else.
func testGuessesOfOneSource(t *testing.T) {
	r := newRig(t, gatewaytest.WithTrustedProxies("127.0.0.0/8"))
	form := about(newSID())
	target := r.step(r.a, "voice")
	begun := time.Now()
	looked := 0
	for range 1000 {
		res, body := r.postFrom(attacker, target, sign(newSID(), target, form), form)
		if res.StatusCode == http.StatusForbidden {
			looked++
			continue
		}
		require.Equal(t, http.StatusTooManyRequests, res.StatusCode)
		require.Equal(t, "1", res.Header.Get("Retry-After"))
		require.Empty(t, body)
	}
	most := 100 + 20*(time.Since(begun).Seconds()+1)
	require.LessOrEqual(t, float64(looked), most)
	require.GreaterOrEqual(t, looked, 100, "the burst")

	var page api.Page[api.Refusal]
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels/"+r.a.ID+"/refusals", &page))
	require.NotEmpty(t, page.Items)
	for _, refusal := range page.Items {
		require.Equal(t, attacker, refusal.Remote)
	}
	res, body := r.postFrom(bystander, target, sign(secretOf(r.a), target, form), form)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.True(t, strings.HasPrefix(streamURL(t, body), strings.Replace(r.PublicURL, "http", "ws", 1)),
		"URLs never follow headers")
	r.gaveUp(r.a, form.Get("CallSid"))
	r.works()
}

// A platform is not limited, as long as its signatures are good.
func TestGoodRequestsOfOneSourceAreNotLimited(t *testing.T) {
	t.Parallel()
	r := newRig(t, gatewaytest.WithTrustedProxies("127.0.0.0/8"))
	form := about(newSID(), "CallStatus", "in-progress")
	target := r.step(r.a, "status")
	for range 300 {
		res, _ := r.postFrom(bystander, target, sign(secretOf(r.a), target, form), form)
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
	r.works()
}

// Without VA_TRUSTED_PROXIES the header is what a client wrote.
func TestForwardedSourcesNeedTrust(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	form := about(newSID())
	target := r.step(r.a, "voice")
	res, _ := r.postFrom(attacker, target, sign(newSID(), target, form), form)
	require.Equal(t, http.StatusForbidden, res.StatusCode)
	var page api.Page[api.Refusal]
	require.NoError(t, r.Client.Get(t.Context(), "/v1/channels/"+r.a.ID+"/refusals", &page))
	require.Len(t, page.Items, 1)
	require.Equal(t, "127.0.0.1", page.Items[0].Remote)
	require.NotContains(t, r.Log(), attacker)
}

func TestAdminRequestsOfOneSourceAreLimited(t *testing.T) {
	t.Parallel()
	r := newRig(t, gatewaytest.WithTrustedProxies("127.0.0.0/8"))
	statuses := map[int]int{}
	var last string
	for range 400 {
		status, body := r.admin(http.MethodGet, "/v1/gateway", r.Token, "", "X-Forwarded-For", attacker)
		statuses[status]++
		if status == http.StatusTooManyRequests {
			last = body
		}
	}
	require.GreaterOrEqual(t, statuses[http.StatusOK], 100)
	require.Positive(t, statuses[http.StatusTooManyRequests])
	require.Len(t, statuses, 2)
	require.JSONEq(t, `{"title":"Too Many Requests","status":429,"detail":"too many requests from this address"}`, last)
	status, _ := r.admin(http.MethodGet, "/v1/gateway", r.Token, "", "X-Forwarded-For", bystander)
	require.Equal(t, http.StatusOK, status)

	status, _ = r.admin(http.MethodDelete, "/v1/channels/"+r.b.ID, r.Token, "",
		"X-Forwarded-For", "203.0.113.1, "+bystander, "If-Match", "*")
	require.Equal(t, http.StatusNoContent, status)
	var page api.Page[api.AuditEntry]
	require.NoError(t, r.Client.Get(t.Context(), "/v1/audit?limit=500", &page))
	require.Equal(t, bystander, page.Items[len(page.Items)-1].Address, "the audit log names the source")
}
