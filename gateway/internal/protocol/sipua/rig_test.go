package sipua_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
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

// peer is the other side: a SIP phone that writes its messages by hand.
type peer struct {
	t         testing.TB
	transport string
	local     netip.AddrPort
	write     func([]byte) error
	in        chan sip.Message
	ended     chan struct{} // the connection was closed
	id        int
}

var peers struct {
	sync.Mutex
	n int
}

func newPeer(t testing.TB, transport string, local netip.AddrPort, write func([]byte) error) *peer {
	peers.Lock()
	defer peers.Unlock()
	peers.n++
	return &peer{
		t: t, transport: transport, local: local, write: write,
		in: make(chan sip.Message, 256), ended: make(chan struct{}), id: peers.n,
	}
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

func (p *peer) datagrams(c io.Reader) {
	defer close(p.ended)
	buf := make([]byte, 65536)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		p.take(append([]byte(nil), buf[:n]...))
	}
}

func (p *peer) take(data []byte) {
	m, err := sip.ParseMessage(data)
	if err != nil {
		return
	}
	select {
	case p.in <- m:
	default: // nobody wants to know
	}
}

func (p *peer) stream(c io.Reader) {
	defer close(p.ended)
	r := bufio.NewReader(c)
	for {
		var head strings.Builder
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
			if n, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(strings.TrimSpace(n))
			}
			if line == "\r\n" {
				break
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		p.take(append([]byte(head.String()), body...))
	}
}

func (p *peer) send(message string) {
	p.t.Helper()
	require.NoError(p.t, p.write([]byte(message)))
}

const patience = 5 * time.Second

func (p *peer) next() sip.Message {
	p.t.Helper()
	select {
	case m := <-p.in:
		return m
	case <-time.After(patience):
		require.FailNow(p.t, "nothing came")
		return nil
	}
}

// response waits for a response, provisional ones aside.
func (p *peer) response(status int) *sip.Response {
	p.t.Helper()
	for {
		res, ok := p.next().(*sip.Response)
		require.True(p.t, ok, "a response")
		if res.StatusCode == 100 || (res.StatusCode < 200 && status >= 200) {
			continue
		}
		require.Equal(p.t, status, res.StatusCode, res.String())
		return res
	}
}

// finalOf waits a moment for the final response of a call, if there is one.
func (p *peer) finalOf(callID string) (*sip.Response, bool) {
	late := time.After(200 * time.Millisecond)
	for {
		select {
		case m := <-p.in:
			res, ok := m.(*sip.Response)
			if ok && res.StatusCode >= 200 && res.CallID().Value() == callID {
				return res, true
			}
		case <-late:
			return nil, false
		}
	}
}

func (p *peer) request(method sip.RequestMethod) *sip.Request {
	p.t.Helper()
	r, ok := p.next().(*sip.Request)
	require.True(p.t, ok, "a request")
	require.Equal(p.t, method, r.Method)
	return r
}

// silent requires that nothing comes.
func (p *peer) silent() {
	p.t.Helper()
	select {
	case m := <-p.in:
		require.FailNow(p.t, "something came", m.String())
	case <-time.After(300 * time.Millisecond):
	}
}

// dialog is a call of a peer.
type dialog struct {
	*peer
	callID, fromTag, toTag string
	seq                    int
	branch                 string
	uri                    string // Request-URI
	contact                string
}

func (p *peer) dialog() *dialog {
	peers.Lock()
	peers.n++
	n := peers.n
	peers.Unlock()
	return &dialog{
		peer: p, callID: fmt.Sprintf("call-%d@test", n), fromTag: fmt.Sprintf("from-%d", n),
		uri:     "sip:" + called + "@127.0.0.1",
		contact: fmt.Sprintf("<sip:caller@%s;transport=%s>", p.local, strings.ToLower(p.transport)),
	}
}

// message writes a request of the dialog. The sequence number goes up, except
// for ACK and CANCEL.
func (d *dialog) message(method, body string, headers ...string) string {
	if method != "ACK" && method != "CANCEL" {
		d.seq++
	}
	if method != "CANCEL" {
		peers.Lock()
		peers.n++
		d.branch = fmt.Sprintf("z9hG4bK-%d", peers.n)
		peers.Unlock()
	}
	to := "<sip:" + called + "@127.0.0.1>"
	if d.toTag != "" {
		to += ";tag=" + d.toTag
	}
	lines := []string{
		method + " " + d.uri + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s;rport", d.transport, d.local, d.branch),
		"From: <sip:+15557654321@127.0.0.1>;tag=" + d.fromTag,
		"To: " + to,
		"Call-ID: " + d.callID,
		fmt.Sprintf("CSeq: %d %s", d.seq, method),
		"Max-Forwards: 70",
		"Contact: " + d.contact,
	}
	if body != "" && !strings.Contains(strings.Join(headers, "\n"), "Content-Type") {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, headers...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return strings.Join(lines, "\r\n")
}

// say sends a request of the dialog.
func (d *dialog) say(method, body string, headers ...string) {
	d.t.Helper()
	d.send(d.message(method, body, headers...))
}

// establish calls and acknowledges.
func (d *dialog) establish(headers ...string) *sip.Response {
	d.t.Helper()
	d.say("INVITE", offer, headers...)
	res := d.response(200)
	d.answered(res)
	d.say("ACK", "")
	return res
}

// answered takes over what the 200 says about the dialog.
func (d *dialog) answered(res *sip.Response) {
	d.toTag, _ = res.To().Params.Get("tag")
	d.uri = res.Contact().Address.String()
}

// ok answers a request of the server.
func (p *peer) answer(r *sip.Request, status int, headers ...sip.Header) {
	p.t.Helper()
	res := sip.NewResponseFromRequest(r, status, "Fine", nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	p.send(res.String())
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

// tick is how often a condition is looked at.
const tick = 2 * time.Millisecond
