package sipua_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

const (
	token  = "vsp_0123456789abcdef"
	called = "+15551230000"
	offer  = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
)

// media is a session that writes down what it was asked.
type media struct {
	mu     sync.Mutex
	got    []string
	refuse *sipua.Refusal
	heard  time.Time
}

func (m *media) Answer(o []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return nil, m.refuse
	}
	m.got = append(m.got, "answer "+string(o))
	return []byte("v=0 answer"), nil
}

func (m *media) Offer() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, "offer")
	return []byte("v=0 offer"), nil
}

func (m *media) Accept(a []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, "accept "+string(a))
	return nil
}

func (m *media) Heard() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard
}

// refuses makes it take no more offers.
func (m *media) refuses(r *sipua.Refusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = r
}

func (m *media) asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.got...)
}

// rig is a server and what it did.
type rig struct {
	*sipua.Server
	t     testing.TB
	media *media
	calls chan *sipua.Call

	mu       sync.Mutex
	refusals []sipua.Refusal
	shared   *peer
}

// options of a rig.
type options struct {
	trunks []*trunk.Trunk
	accept func(context.Context, *sipua.Call)
	tls    *tls.Config
	listen string
	edit   func(*sipua.Config)
	socket func() net.PacketConn
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// listed is a trunk for the loopback network; by number and by token.
func listed() *trunk.Trunk {
	return &trunk.Trunk{
		Kind: "sip", ID: "chn_listed", Active: true, Tokens: []secret.Value{secret.New(token)},
		Sources: loopback(), Numbers: []string{called},
	}
}

// open is a trunk that is known by its token only.
func open() *trunk.Trunk {
	return &trunk.Trunk{Kind: "sip", ID: "chn_open", Active: true, Tokens: []secret.Value{secret.New(token)}}
}

func start(t testing.TB, o options) *rig {
	t.Helper()
	if o.trunks == nil {
		o.trunks = []*trunk.Trunk{listed()}
	}
	if o.listen == "" {
		o.listen = "udp://127.0.0.1:0,tcp://127.0.0.1:0"
	}
	r := &rig{t: t, media: &media{}, calls: make(chan *sipua.Call, 64)}
	listen, err := sipua.ParseListen(o.listen)
	require.NoError(t, err)
	set := trunk.NewSet(o.trunks)
	config := sipua.Config{
		Listen: listen, TLS: o.tls, Host: "va.example.com",
		Trunks: func() *trunk.Set { return set },
		Accept: o.accept,
		Refused: func(refusal sipua.Refusal, _ sipua.Attempt) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.refusals = append(r.refusals, refusal)
		},
	}
	if config.Accept == nil {
		config.Accept = func(ctx context.Context, c *sipua.Call) {
			if c.Answer(ctx, r.media) == nil {
				r.calls <- c
			}
		}
	}
	if o.edit != nil {
		o.edit(&config)
	}
	r.Server, err = sipua.New(config)
	require.NoError(t, err)
	if o.socket != nil {
		r.Use(sipua.Sockets{Packet: o.socket})
	}
	require.NoError(t, r.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Millisecond)
		defer cancel()
		r.Close(ctx)
	})
	return r
}

func (r *rig) reasons() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, one := range r.refusals {
		all = append(all, one.Reason)
	}
	return all
}

// dial connects a peer with the server.
func (r *rig) dial(transport sipua.Transport) *peer {
	return r.dialFrom(transport, "127.0.0.1")
}

func (r *rig) dialFrom(transport sipua.Transport, from string) *peer {
	r.t.Helper()
	to, ok := r.Address(transport)
	require.True(r.t, ok)
	if to.Addr().IsUnspecified() {
		to = netip.AddrPortFrom(netip.MustParseAddr(from), to.Port())
	}
	network := "tcp"
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	if transport == sipua.UDP {
		network, d.LocalAddr = "udp", &net.UDPAddr{IP: net.ParseIP(from)}
	}
	c, err := d.DialContext(r.t.Context(), network, to.String())
	require.NoError(r.t, err)
	if transport == sipua.TLS {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // a test
	}
	p := newPeer(r.t, strings.ToUpper(string(transport)), netip.MustParseAddrPort(c.LocalAddr().String()),
		func(b []byte) error { _, err := c.Write(b); return err })
	if transport == sipua.UDP {
		go p.datagrams(c)
	} else {
		go p.stream(c)
	}
	r.t.Cleanup(func() { _ = c.Close(); <-p.ended })
	return p
}

// call gives the server's side of a call that was answered.
func (r *rig) call() *sipua.Call {
	r.t.Helper()
	select {
	case c := <-r.calls:
		return c
	case <-time.After(patience):
		require.FailNow(r.t, "no call was answered")
		return nil
	}
}

func (r *rig) ended(c *sipua.Call, want sipua.End) {
	r.t.Helper()
	select {
	case <-c.Done():
	case <-time.After(patience):
		require.FailNow(r.t, "the call does not end")
	}
	require.Equal(r.t, want, c.End())
}

// goodbye ends the call from the gateway's side and requires that p, and nobody
// else, is told.
func (r *rig) goodbye(p *peer) {
	r.t.Helper()
	call := r.call()
	go func() { _ = call.Bye(r.t.Context(), sipua.Goodbye{}) }()
	p.answer(p.request("BYE"), 200)
	r.ended(call, sipua.End{Local: true, Cause: sipua.CauseBye})
}

// tick is how often a condition is looked at.
const tick = 2 * time.Millisecond
