package phone

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/library"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/wire"
)

const sdpType = "application/sdp"

// Header is a header of the INVITE.
type Header struct{ Name, Value string }

// Config says which call to place. Everything without a comment is required.
type Config struct {
	Transport sipua.Transport
	Gateway   netip.AddrPort
	TLS       *tls.Config // for TLS
	Local     netip.Addr  // of signalling and media
	Ports     *port.Pool
	Pacer     *pacer.Pacer
	From, To  string       // E.164
	Headers   []Header     // such as x-snc-param; optional
	Digest    Digest       // no answer to a challenge if zero
	SRTP      sdp.Policy   // RTP if zero
	Suites    []sdes.Suite // of SRTP; GCM and SHA1_80 if empty
	Codecs    []rtp.Codec  // PCMU and PCMA if empty
	// Refer answers a REFER: the status of its response, and those that NOTIFY
	// reports then. 603 if nil.
	Refer func(referTo string) (status int, notify []int)
}

// RejectedError is a call that was not taken.
type RejectedError struct {
	Status     int
	Reason     string
	Warning    string
	RetryAfter string // in seconds, if the gateway says when to try again
}

// Error implements error.
func (e *RejectedError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the call was rejected: %d %s %s", e.Status, e.Reason, e.Warning))
}

// End is how a call ended.
type End struct {
	ByGateway bool
	Reason    string // of the gateway's BYE
	Context   string // User-to-User of that BYE
	ReferTo   string // of the last REFER
}

// Call is a call that was answered. mu guards the dialog.
type Call struct {
	Config
	media  *rtp.Media
	layer  *sip.TransportLayer
	tx     *sip.TransactionLayer
	socket net.PacketConn
	local  netip.AddrPort
	callID string
	tag    string

	mu      sync.Mutex
	session *sdp.Session
	peerTag string
	target  sip.Uri
	seq     uint32
	end     End
	over    bool

	ctx   context.Context // of what the call began, until Close
	stop  context.CancelFunc
	done  chan struct{}
	tasks sync.WaitGroup
	// serving is the reader of the socket.
	serving sync.WaitGroup
	once    sync.Once
}

// Dial places a call and returns when it was answered. Errors: *RejectedError.
func Dial(ctx context.Context, c Config) (*Call, error) {
	pair, err := c.Ports.Open()
	if err != nil {
		return nil, fmt.Errorf("ports of the call: %w", err)
	}
	media, err := rtp.New(rtp.Config{Ports: pair, Pacer: c.Pacer, Format: audio.Mulaw8k})
	if err != nil {
		pair.Close()
		return nil, err
	}
	if len(c.Suites) == 0 {
		c.Suites = []sdes.Suite{sdes.GCM128, sdes.AESCM}
	}
	if len(c.Codecs) == 0 {
		c.Codecs = []rtp.Codec{rtp.PCMU, rtp.PCMA}
	}
	p := &Call{
		Config: c, media: media, callID: rand.Text() + "@" + c.Local.String(), tag: rand.Text(), done: make(chan struct{}),
		target: sip.Uri{Scheme: "sip", User: c.To, Host: c.Gateway.Addr().String(), Port: int(c.Gateway.Port())},
		session: sdp.NewSession(sdp.Local{
			Addr: netip.AddrPortFrom(c.Local, pair.Port()), Codecs: c.Codecs, SRTP: c.SRTP, Suites: c.Suites,
			Loopback: true, Private: true,
		}),
	}
	p.ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := p.listen(ctx); err != nil {
		p.stop()
		media.Close()
		return nil, err
	}
	if err := p.invite(ctx); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Media is the media of the call.
func (p *Call) Media() *rtp.Media { return p.media }

// CallID is the Call-ID.
func (p *Call) CallID() string { return p.callID }

// Done is closed when the call has ended.
func (p *Call) Done() <-chan struct{} { return p.done }

// End is how it ended, as far as it has.
func (p *Call) End() End {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end
}

// Hangup ends the call from this side.
func (p *Call) Hangup(ctx context.Context) error {
	p.mu.Lock()
	over := p.over
	p.mu.Unlock()
	if over {
		return nil
	}
	_, err := p.send(ctx, p.build(sip.BYE, nil))
	p.finish(func(*End) {})
	return err
}

// Close releases everything; a call that goes on is not ended by it.
func (p *Call) Close() {
	p.once.Do(func() {
		p.finish(func(*End) {})
		p.stop()
		p.tasks.Wait()
		if p.socket != nil {
			_ = p.socket.Close()
			p.serving.Wait()
		}
		p.tx.Close()
		_ = p.layer.Close()
		p.media.Close()
	})
}

// finish ends the dialog, once.
func (p *Call) finish(say func(*End)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	say(&p.end)
	if !p.over {
		p.over = true
		close(p.done)
	}
}

// listen makes the user agent. Over UDP it has a socket, otherwise the
// connection is made with the first request.
func (p *Call) listen(ctx context.Context) error {
	library.Prepare()
	p.layer = sip.NewTransportLayer(net.DefaultResolver, sip.NewParser(), p.TLS)
	p.tx = sip.NewTransactionLayer(p.layer,
		sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}))
	p.tx.OnRequest(p.handle)
	p.local = netip.AddrPortFrom(p.Local, 0)
	if p.Transport != sipua.UDP {
		return nil
	}
	socket, err := new(net.ListenConfig).ListenPacket(ctx, "udp", p.local.String())
	if err != nil {
		return fmt.Errorf("socket of the call: %w", err)
	}
	p.socket = wire.NewPacket(socket, func(netip.Addr, []byte) bool { return true })
	if p.local, err = netip.ParseAddrPort(p.socket.LocalAddr().String()); err != nil {
		return err
	}
	known := &announced{PacketConn: p.socket, reading: make(chan struct{})}
	p.serving.Go(func() { _ = p.layer.ServeUDP(known) }) // ends with the socket
	<-known.reading
	return nil
}

// announced is a socket that tells when the library knows it, which is before
// it reads for the first time.
type announced struct {
	net.PacketConn
	once    sync.Once
	reading chan struct{}
}

// ReadFrom implements net.PacketConn.
func (a *announced) ReadFrom(b []byte) (int, net.Addr, error) {
	a.once.Do(func() { close(a.reading) })
	return a.PacketConn.ReadFrom(b)
}

func (p *Call) invite(ctx context.Context) error {
	offer, err := p.session.Offer()
	if err != nil {
		return err
	}
	res, err := p.request(ctx, offer)
	if err != nil {
		return err
	}
	if !res.IsSuccess() {
		return &RejectedError{
			Status: res.StatusCode, Reason: res.Reason,
			Warning: header(res, "warning"), RetryAfter: header(res, "retry-after"),
		}
	}
	p.mu.Lock()
	if to := res.To(); to != nil {
		p.peerTag, _ = to.Params.Get("tag")
	}
	if contact := res.Contact(); contact != nil {
		p.target = *contact.Address.Clone()
	}
	answer, err := p.session.Accept(res.Body())
	p.mu.Unlock()
	ack := p.build(sip.ACK, nil)
	if sent := p.layer.WriteMsg(ack); sent != nil {
		return fmt.Errorf("acknowledge: %w", sent)
	}
	if err != nil {
		return err
	}
	answer.Remote.Trusted = true
	return p.media.Apply(answer.Remote)
}

// send sends a request and waits for its final response.
func (p *Call) send(ctx context.Context, r *sip.Request) (*sip.Response, error) {
	tx, err := p.tx.Request(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", r.Method, err)
	}
	for {
		select {
		case res := <-tx.Responses():
			if res.IsProvisional() {
				continue
			}
			if !r.IsInvite() {
				tx.Terminate()
			}
			return res, nil
		case <-tx.Done():
			return nil, fmt.Errorf("%s: %w", r.Method, errors.Join(tx.Err(), ctx.Err()))
		case <-ctx.Done():
			tx.Terminate()
			return nil, ctx.Err()
		}
	}
}

// build makes a request of the dialog.
func (p *Call) build(m sip.RequestMethod, body []byte) *sip.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m != sip.ACK {
		p.seq++
	}
	transport := strings.ToUpper(string(p.Transport))
	r := sip.NewRequest(m, p.target)
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: transport, Host: p.local.Addr().String(),
		Port: int(p.local.Port()), Params: sip.HeaderParams{{K: "branch", V: sip.GenerateBranch()}, {K: "rport"}},
	}
	forwards, callID := sip.MaxForwardsHeader(70), sip.CallIDHeader(p.callID)
	host := p.Gateway.Addr().String()
	to := sip.HeaderParams{}
	if p.peerTag != "" {
		to = sip.HeaderParams{{K: "tag", V: p.peerTag}}
	}
	contact := sip.Uri{Scheme: "sip", User: p.From, Host: p.local.Addr().String(), Port: int(p.local.Port())}
	for _, h := range []sip.Header{
		via, &forwards,
		&sip.FromHeader{
			Address: sip.Uri{Scheme: "sip", User: p.From, Host: p.Local.String()},
			Params:  sip.HeaderParams{{K: "tag", V: p.tag}},
		},
		&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: p.To, Host: host}, Params: to},
		&callID, &sip.CSeqHeader{SeqNo: p.seq, MethodName: m}, &sip.ContactHeader{Address: contact},
		sip.NewHeader("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, REFER, NOTIFY"),
	} {
		r.AppendHeader(h)
	}
	if body != nil {
		r.AppendHeader(sip.NewHeader("Content-Type", sdpType))
	}
	r.SetBody(body)
	r.SetTransport(transport)
	r.SetDestination(p.Gateway.String())
	if p.socket != nil {
		r.Laddr = sip.Addr{IP: p.local.Addr().AsSlice(), Port: int(p.local.Port())}
	}
	return r
}

func header(m interface{ GetHeader(string) sip.Header }, name string) string {
	if h := m.GetHeader(name); h != nil {
		return h.Value()
	}
	return ""
}
