package bench_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/engine/enginetest"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// roleSIP is a process that serves calls over SIP whole: signalling, media and
// an engine that echoes.
const roleSIP = "sip"

const (
	sipToken  = "vsp_0123456789abcdef" //nolint:gosec // of a trunk that lives as long as a test
	sipNumber = "+15551230000"
)

// sipServer is what such a process has.
type sipServer struct {
	*sipua.Server
	ports *port.Pool
	pacer *pacer.Pacer
}

// serveSIP serves until the test ends; then everything must have been given
// back.
func serveSIP(t *testing.T) place {
	t.Helper()
	ports, err := port.NewPool(loopback, 20000, 31999)
	require.NoError(t, err)
	ports.Quiet = 100 * time.Millisecond // whoever is measured comes and goes
	s := &sipServer{ports: ports, pacer: pacer.New(runtime.GOMAXPROCS(0))}
	all := trunk.NewSet([]*trunk.Trunk{{
		Kind: "sip", ID: "chn_1", Active: true, Tokens: []secret.Value{secret.New(sipToken)},
		Sources: []netip.Prefix{netip.PrefixFrom(loopback, 8)},
	}})
	s.Server, err = sipua.New(sipua.Config{
		Listen: []sipua.Listen{{Transport: sipua.UDP, Address: netip.AddrPortFrom(loopback, 0)}},
		Trunks: func() *trunk.Set { return all }, Accept: s.accept,
	})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "go_goroutines", runtime.NumGoroutine())
	}))
	free := ports.Free()
	t.Cleanup(func() {
		metrics.Close()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
		defer cancel()
		gone := func() bool { return s.Calls() == 0 && ports.Free() == free }
		require.Eventually(t, gone, 5*time.Second, 10*time.Millisecond, "calls or ports are left")
		s.Close(ctx)
		s.pacer.Close()
		ports.Close()
	})
	at, _ := s.Address(sipua.UDP)
	return place{SIP: at.String(), Metrics: metrics.URL}
}

// accept serves a call.
func (s *sipServer) accept(ctx context.Context, c *sipua.Call) {
	m, err := sipleg.NewMedia(c, sipleg.Config{Ports: s.ports, Pacer: s.pacer, Advertise: loopback})
	var refusal *sipua.Refusal
	if errors.As(err, &refusal) {
		c.Reject(*refusal)
	}
	if err != nil {
		return
	}
	if c.Answer(ctx, m) != nil {
		m.Close()
		return
	}
	one := &call.Session{
		ID: "call_1", Leg: sipleg.New(c, m, sipleg.Ways{}), Engine: enginetest.Echo{},
		Config: call.Config{CallerFirst: true},
	}
	_, _ = one.Run(ctx) // however it ended
}
