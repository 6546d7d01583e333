package genesysaudioconnector

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/channel"
)

func TestUpgrade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*request) // before it is signed
		after  func(*request)
		status int
		reason string // "" for an accepted one
	}{
		{"good", nil, nil, 101, ""},
		{"GA-05 with a query", func(r *request) { r.Target += "?v=2" }, nil, 101, ""},
		{"GA-05 two slashes", func(r *request) { r.Target = pathPrefix + testOwner + "//" + testConnector }, nil, 101, ""},
		{"GA-05 no slash", func(r *request) { r.Target = pathPrefix + testOwner + testConnector }, nil, 101, ""},
		{"GA-05 slash at the end", func(r *request) { r.Target += "/" }, nil, 101, ""},
		{
			"GA-05 unknown connector", func(r *request) { r.Target = pathPrefix + testOwner + "/unknown" }, nil,
			404, reasonConnector,
		},
		{"GA-05 no connector", func(r *request) { r.Target = pathPrefix + testOwner }, nil, 404, reasonOtherGroup},
		{
			"GA-05 unknown group", func(r *request) { r.Target = pathPrefix + otherOwner + "/" + testConnector }, nil,
			404, reasonOtherGroup,
		},
		{"GA-05 credentials of another group", func(r *request) { r.key = otherKey }, nil, 404, reasonOtherGroup},
		{
			"GA-05 unknown connector without credentials", func(r *request) { r.Target = pathPrefix + testOwner + "/unknown" },
			func(r *request) { r.Header.Del("Signature"); r.Header.Del("Signature-Input") }, 401, "unsigned",
		},
		{"unknown key", func(r *request) { r.key = "vak_unknown" }, nil, 401, "key_unknown"},
		{"wrong secret", func(r *request) { r.secret = []byte("wrong") }, nil, 401, "signature_mismatch"},
		{"too old", func(r *request) { r.created = r.created.Add(-17 * time.Second) }, nil, 401, "created_too_old"},
		{"GA-01 another host than the public one", func(r *request) { r.Host = "evil.example" }, func(r *request) {
			r.Host = "" // restored by the test
		}, 401, "signature_mismatch"},
		{"GA-01 a signature of 4,096 bytes", nil, func(r *request) {
			r.Header.Set("Signature", "sig1=:"+strings.Repeat("A", 5460)+"AA==:")
		}, 401, "signature_length"},
		{"session id is no uuid", func(r *request) { r.Header.Set("Audiohook-Session-Id", "1") }, nil, 400, reasonHeader},
		{"nil uuid", func(r *request) {
			r.Header.Set("Audiohook-Correlation-Id", "00000000-0000-0000-0000-000000000000")
		}, nil, 101, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			r := b.request(t)
			host := r.Host
			if tt.change != nil {
				tt.change(r)
			}
			r.sign(t)
			if tt.after != nil {
				tt.after(r)
			}
			r.Host = host
			ws, status := b.dial(t, r)
			require.Equal(t, tt.status, status)
			if tt.reason == "" {
				require.NoError(t, ws.Close())
				return
			}
			refusal := b.lastRefusal(t)
			require.Equal(t, tt.reason, refusal.Reason)
			require.NotEmpty(t, refusal.Detail)
			require.Equal(t, status == http.StatusUnauthorized, refusal.Auth)
			require.Equal(t, "127.0.0.1", refusal.Remote)
			require.Zero(t, b.servedCalls(), "no engine")
		})
	}
}

func TestUpgradeWithoutAPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		status int
	}{
		{"inactive", channel.ErrInactive, 404},
		{"busy", channel.ErrBusy, 503},
		{"channel busy", channel.ErrChannelBusy, 503},
		{"GA-23 draining", channel.ErrDraining, 503},
		{"broken", context.DeadlineExceeded, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.holdErr = tt.err
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url, nil)
			require.NoError(t, err)
			r := b.request(t).sign(t)
			req.URL.Path, req.Header = r.Target, r.Header
			for name, value := range map[string]string{
				"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13",
			} {
				req.Header.Set(name, value)
			}
			res, err := b.server.Client().Do(req)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, tt.status, res.StatusCode)
			require.Equal(t, tt.status == 503, res.Header.Get("Retry-After") != "")
			require.NotEmpty(t, b.lastRefusal(t).Reason)
		})
	}
}

func TestNoUpgrade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, version string
		status                int
	}{
		{"POST", http.MethodPost, "13", http.StatusMethodNotAllowed},
		{"no upgrade", http.MethodGet, "", http.StatusUpgradeRequired},
		{"version 8", http.MethodGet, "8", http.StatusUpgradeRequired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			req, err := http.NewRequestWithContext(t.Context(), tt.method, b.url+pathPrefix+testOwner+"/"+testConnector, nil)
			require.NoError(t, err)
			if tt.version != "" {
				req.Header = http.Header{
					"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {tt.version},
				}
			}
			res, err := b.server.Client().Do(req)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, tt.status, res.StatusCode)
		})
	}
}

// Of two connections with the same signed headers, on two processes that share
// their store too, one is let in.
func TestReplay(t *testing.T) {
	t.Parallel()
	first, second := setup(t), setup(t)
	second.fakeGateway.used = first.fakeGateway.used
	second.url = first.url // one public URL
	for _, tt := range []struct {
		name  string
		again *bundle
	}{{"GA-02 the same process", first}, {"GA-02 another process", second}} {
		t.Run(tt.name, func(t *testing.T) { //nolint:paralleltest // they share what is used
			r := first.request(t).sign(t)
			_, status := first.dial(t, r)
			require.Equal(t, http.StatusSwitchingProtocols, status)
			r.Host = strings.TrimPrefix(tt.again.server.URL, "http://")
			_, status = tt.again.dial(t, r)
			require.Equal(t, http.StatusUnauthorized, status)
			require.Equal(t, "replay", tt.again.lastRefusal(t).Reason)
		})
	}
}

// TestAnswerTimes compares what is looked at before the answer is held back for
// a random time, which hides a difference a thousand times as large.
func TestAnswerTimes(t *testing.T) { //nolint:paralleltest // it measures
	b := setup(t)
	h := &handler{g: b.fakeGateway}
	unknown, wrong := b.request(t), b.request(t)
	unknown.key, wrong.secret = "vak_unknown_unknown", []byte("wrong")
	measure := func(r *request) time.Duration {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url, nil)
		require.NoError(t, err)
		req.RequestURI, req.Host, req.Header = r.Target, r.Host, r.Header
		begun := time.Now()
		_, refusal := h.authenticate(knock{Request: req})
		require.NotEmpty(t, refusal.Reason)
		return time.Since(begun)
	}
	unknown.sign(t)
	wrong.sign(t)
	var times [2][]time.Duration
	for range 1000 {
		times[0] = append(times[0], measure(unknown))
		times[1] = append(times[1], measure(wrong))
	}
	t.Run("GA-04 unknown key and bad signature", func(t *testing.T) { //nolint:paralleltest // it measured
		slices.Sort(times[0])
		slices.Sort(times[1])
		a, b := times[0][500], times[1][500]
		t.Logf("medians %s and %s", a, b)
		require.Less(t, (a - b).Abs(), maxHesitation/1000)
	})
}

func TestRoute(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		target, owner, connector string
		ok                       bool
	}{
		{pathPrefix + testOwner + "/abc", testOwner, "abc", true},
		{pathPrefix + testOwner + "//abc/", testOwner, "abc", true},
		{pathPrefix + testOwner + "abc?x=/y", testOwner, "abc", true},
		{pathPrefix + testOwner + "/a%2Fb", testOwner, "a%2Fb", true},
		{pathPrefix + testOwner, "", "", false},
		{pathPrefix + "short/abc", "", "", false},
		{"/c/twilio/" + testOwner + "/abc", "", "", false},
		{"http://evil" + pathPrefix + testOwner + "/abc", "", "", false},
		{"*", "", "", false},
		{"", "", "", false},
	} {
		t.Run(tt.target, func(t *testing.T) {
			t.Parallel()
			owner, connector, ok := route(tt.target)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.owner, owner)
			require.Equal(t, tt.connector, connector)
		})
	}
}
