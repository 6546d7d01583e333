package rtp

import (
	"net/netip"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// NoEvents is the value of Remote.Events of a peer that takes no telephone
// events.
const NoEvents uint8 = 0xFF

// Remote is what was agreed with the peer, as far as media is concerned.
type Remote struct {
	Addr    netip.AddrPort // where the peer wants RTP
	Control netip.AddrPort // where it wants RTCP; Addr if both share a port (RFC 5761)
	// Trusted allows audio to Addr before anything came from there. Otherwise
	// no more bytes are sent than were received from Addr, so that a forged
	// address is no amplifier.
	Trusted bool
	Codec   Codec
	Events  uint8         // payload type of telephone-event, or NoEvents
	Packet  time.Duration // audio in a packet we send: 10 or 20 ms
	Send    bool          // we may send audio
	Hold    bool          // the peer sends nothing: its silence is no fault
	// Encrypt and Decrypt are the SRTP keys; the zero Key means plain RTP.
	Encrypt, Decrypt sdes.Key
}

// secure reports whether packets are SRTP.
func (r *Remote) secure() bool { return r.Decrypt.Suite() != 0 }

// muxed reports whether RTCP shares the port of RTP.
func (r *Remote) muxed() bool { return r.Control == r.Addr }
