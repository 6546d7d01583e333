package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/gatewaytest"
)

// pair is two gateways on one database, behind a load balancer that sends every
// request to the other one than the request before.
type pair struct {
	a, b     *rig
	balancer *httptest.Server
}

// newPair starts both. dsn is the database as a sees it, options are for both.
func newPair(t *testing.T, aURL, bURL string, options ...gatewaytest.Option) *pair {
	t.Helper()
	var nodes [2]atomic.Pointer[url.URL]
	var turn atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		if node := nodes[turn.Add(1)%2].Load(); node != nil {
			r.SetURL(node)
		}
	}}
	p := &pair{balancer: httptest.NewServer(proxy)}
	// Upgraded connections are not the test server's any more; the gateways,
	// which stop before it, end them.
	t.Cleanup(p.balancer.Close)
	options = append(options,
		gatewaytest.WithKeyFile(filepath.Join(t.TempDir(), "kek")), gatewaytest.WithPublicURL(p.balancer.URL))
	p.a = newRig(t, append(options, gatewaytest.WithPostgres(aURL))...)
	p.b = &rig{t: t, dir: t.TempDir(), a: p.a.a, b: p.a.b}
	p.b.start(append(options, gatewaytest.WithPostgres(bURL))...)
	for i, r := range []*rig{p.a, p.b} {
		nodes[i].Store(&url.URL{Scheme: "http", Host: r.Address})
	}
	t.Cleanup(func() { // together, because each takes its time to drain
		var stopping sync.WaitGroup
		stopping.Go(p.a.Stop)
		stopping.Go(p.b.Stop)
		stopping.Wait()
	})
	return p
}

// answers reports whether a node answers the platform's first request on a
// channel with the call, and not with a refusal. The caller gives up then.
func (r *rig) answers(c *api.TwilioChannel) bool {
	r.t.Helper()
	sid := newSID()
	form, target := about(sid), r.step(c, "voice")
	status, _ := r.post(target, sign(secretOf(c), target, form), form)
	if status != http.StatusOK {
		return false
	}
	form, target = about(sid, "CallStatus", "canceled"), r.step(c, "status")
	r.post(target, sign(secretOf(c), target, form), form) // c may have expired just now
	return true
}

// giveUp ends a call that has no stream yet.
func (r *rig) giveUp(c *api.TwilioChannel, sid string) {
	r.t.Helper()
	r.ask(c, "status", about(sid, "CallStatus", "canceled"))
}

// open upgrades to the stream of an answer.
func (r *rig) open(target string) int {
	r.t.Helper()
	_, status := r.upgrade(target, sign(secretOf(r.a), target, nil))
	return status
}

func (r *rig) assistant() string {
	r.t.Helper()
	list, err := api.List[api.Assistant](r.t.Context(), r.Client, "/v1/assistants")
	require.NoError(r.t, err)
	return list[0].ID
}
