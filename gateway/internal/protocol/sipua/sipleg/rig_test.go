package sipleg_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/phone"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const token = "vsp_0123456789abcdef"

var loopback = netip.MustParseAddr("127.0.0.1")

// rig is an endpoint whose calls are echoed, and what phones need.
type rig struct {
	*sipua.Server
	t      *testing.T
	local  netip.Addr
	ports  *port.Pool
	pacer  *pacer.Pacer
	ends   chan call.Ending // how the next call is to end; the other side hangs up otherwise
	inputs chan call.Input  // keys and hang-ups, of all calls
	failed chan error       // transfers that did not happen
	ways   sipleg.Ways
	stats  chan rtp.Stats // of calls that are over, as long as there is room
}

func start(t *testing.T, srtp trunk.SRTP, ways sipleg.Ways) *rig {
	t.Helper()
	return startTrunk(t, ways, &trunk.Trunk{
		Kind: "sip", ID: "chn_1", Active: true, SRTP: srtp, Tokens: []secret.Value{secret.New(token)},
		Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
}

func startTrunk(t *testing.T, ways sipleg.Ways, one *trunk.Trunk) *rig {
	t.Helper()
	return startAt(t, loopback, ways, one)
}

func startAt(t *testing.T, local netip.Addr, ways sipleg.Ways, one *trunk.Trunk, edit ...func(*sipua.Config)) *rig {
	t.Helper()
	ports, err := port.NewPool(local, 21000, 23999)
	require.NoError(t, err)
	ports.Quiet = time.Millisecond
	r := &rig{
		t: t, local: local, ports: ports, pacer: pacer.New(1), ways: ways,
		ends: make(chan call.Ending, 1), inputs: make(chan call.Input, 16), failed: make(chan error, 1),
		stats: make(chan rtp.Stats, 64),
	}
	r.ways.Failed = func(err error) { r.failed <- err }
	set := trunk.NewSet([]*trunk.Trunk{one})
	at := netip.AddrPortFrom(local, 0)
	listen := []sipua.Listen{
		{Transport: sipua.UDP, Address: at}, {Transport: sipua.TCP, Address: at}, {Transport: sipua.TLS, Address: at},
	}
	config := sipua.Config{
		Listen: listen, TLS: certificate(t), Trunks: func() *trunk.Set { return set }, Accept: r.accept,
	}
	for _, f := range edit {
		f(&config)
	}
	r.Server, err = sipua.New(config)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
		defer cancel()
		r.Close(ctx)
		r.pacer.Close()
		r.ports.Close()
	})
	return r
}

// accept answers and echoes.
func (r *rig) accept(ctx context.Context, c *sipua.Call) {
	m, err := sipleg.NewMedia(c, sipleg.Config{Ports: r.ports, Pacer: r.pacer, Advertise: r.local})
	if err != nil {
		c.Reject(sipua.Refusal{Status: 503, Reason: "ports"})
		return
	}
	if err := c.Answer(ctx, m); err != nil {
		m.Close()
		return
	}
	l := sipleg.New(c, m, r.ways)
	var e echo
	var both sync.WaitGroup
	both.Go(func() { _ = l.Play(e.next) }) // ends with the leg
	both.Go(func() {
		for {
			in, err := l.Next()
			switch {
			case err != nil:
				return
			case in.Kind == call.InputAudio:
				e.heard(in.Data)
			case in.Kind != call.InputFill:
				select {
				case r.inputs <- in:
				default: // nobody wants to know
				}
			}
		}
	})
	select {
	case e := <-r.ends:
		_ = l.End(ctx, e)
	case <-c.Done():
		_ = l.End(ctx, call.Ending{})
	}
	both.Wait()
	select {
	case r.stats <- m.Stats():
	default: // nobody wants to know
	}
}

// echo says what it heard. mu guards the queue.
type echo struct {
	mu    sync.Mutex
	queue []byte
}

func (e *echo) heard(data []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue = append(e.queue, data...)
}

func (e *echo) next(_ time.Time, frame []byte) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range frame {
		frame[i] = 0xFF // silence
	}
	if len(e.queue) >= len(frame) {
		copy(frame, e.queue)
		e.queue = e.queue[len(frame):]
	}
	return true
}

// config is that of a phone which calls the rig.
func (r *rig) config(transport sipua.Transport) phone.Config {
	to, ok := r.Address(transport)
	require.True(r.t, ok)
	return phone.Config{
		Transport: transport, Gateway: to, Local: r.local, Ports: r.ports, Pacer: r.pacer,
		TLS:  &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // a test
		From: "+15557654321", To: "+15551230000", Headers: []phone.Header{{Name: "x-snc-param", Value: token}},
	}
}

func (r *rig) dial(c phone.Config) *phone.Call {
	r.t.Helper()
	p, err := phone.Dial(r.t.Context(), c)
	require.NoError(r.t, err)
	r.t.Cleanup(p.Close)
	return p
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}
}
