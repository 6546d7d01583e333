package sipleg

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// Config is what the media of all calls has in common.
type Config struct {
	Ports *port.Pool
	Pacer *pacer.Pacer
	// Advertise is the address that session descriptions name.
	Advertise netip.Addr
	// Private allows media to private addresses, for trunks that are not reached
	// over the internet.
	Private bool
}

// retryPorts is the Retry-After when all ports are in use, in seconds.
const retryPorts = 5

// Media is the session of one SIP call. It implements sipua.Media.
type Media struct {
	rtp    *rtp.Media
	call   *sipua.Call
	local  *sdp.Session
	remote netip.Addr   // of the signalling
	heard  atomic.Int64 // nanoseconds since began, of the last audio
	began  time.Time
}

var _ sipua.Media = (*Media)(nil)

// NewMedia opens the ports of a call. Errors: *sipua.Refusal when there are
// none.
func NewMedia(c *sipua.Call, config Config) (*Media, error) {
	pair, err := config.Ports.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w",
			&sipua.Refusal{Status: 503, Reason: "ports", Retry: retryPorts}, err)
	}
	accept := func(a netip.Addr) bool {
		a = a.Unmap()
		return config.Private || !a.IsPrivate() && (c.Loopback() || !a.IsLoopback())
	}
	media, err := rtp.New(rtp.Config{Ports: pair, Pacer: config.Pacer, Format: audio.Mulaw8k, Accept: accept})
	if err != nil {
		pair.Close()
		return nil, err
	}
	return &Media{
		rtp: media, call: c, remote: c.Remote().Addr(), began: time.Now(),
		local: sdp.NewSession(sdp.Local{
			Addr:   netip.AddrPortFrom(config.Advertise, pair.Port()),
			Codecs: []rtp.Codec{rtp.PCMU, rtp.PCMA}, SRTP: policy(c), Suites: sdes.Suites(),
			Loopback: c.Loopback(), Private: config.Private,
		}),
	}, nil
}

// policy is what the channel wants, as far as the signalling can keep keys.
func policy(c *sipua.Call) sdp.Policy {
	switch {
	case !c.Encrypted() || c.Trunk().SRTP == trunk.SRTPOff:
		return sdp.Plain
	case c.Trunk().SRTP == trunk.SRTPRequired:
		return sdp.Required
	}
	return sdp.Either
}

// Answer implements sipua.Media.
func (m *Media) Answer(offer []byte) ([]byte, error) {
	a, err := m.local.Answer(offer)
	if err != nil {
		return nil, refusal(err)
	}
	if err := m.apply(a); err != nil {
		return nil, err
	}
	return a.Text, nil
}

// Offer implements sipua.Media.
func (m *Media) Offer() ([]byte, error) { return m.local.Offer() }

// Accept implements sipua.Media.
func (m *Media) Accept(answer []byte) error {
	a, err := m.local.Accept(answer)
	if err != nil {
		return refusal(err)
	}
	return m.apply(a)
}

// apply lets media follow. An address that is not the signalling's own gets no
// more than it sends, since anybody can write another's into a description.
func (m *Media) apply(a sdp.Answer) error {
	a.Remote.Trusted = a.Remote.Addr.Addr().Unmap() == m.remote
	return m.rtp.Apply(a.Remote)
}

// Heard implements sipua.Media.
func (m *Media) Heard() time.Time { return m.began.Add(time.Duration(m.heard.Load())) }

// Stats are the figures of the media so far.
func (m *Media) Stats() rtp.Stats { return m.rtp.Stats() }

// Close gives the ports back.
func (m *Media) Close() { m.rtp.Close() }

func refusal(err error) error {
	reason := sdp.Reason(err)
	status := 488
	if reason == "sdp_malformed" {
		status = 400
	}
	if reason == "" {
		reason = "sdp"
	}
	return fmt.Errorf("%w: %w", &sipua.Refusal{Status: status, Reason: reason, Detail: err.Error()}, err)
}
