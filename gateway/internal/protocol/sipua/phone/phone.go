package phone

import (
	"context"
	"crypto/rand"
	"crypto/tls"
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
