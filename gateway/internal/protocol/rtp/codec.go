package rtp

import "github.com/va-gateway/terraform-provider-va/gateway/internal/audio"

// Codec is how audio is stored in packets.
type Codec struct {
	Name        string // encoding name of SDP, upper case
	PayloadType uint8
	ClockRate   int          // of RTP timestamps, in hertz
	Format      audio.Format // what a payload decodes to
}

// Codecs with static payload types, RFC 3551 section 6.
var (
	PCMU = Codec{Name: "PCMU", PayloadType: 0, ClockRate: 8000, Format: audio.Mulaw8k}
	PCMA = Codec{Name: "PCMA", PayloadType: 8, ClockRate: 8000, Format: audio.Alaw8k}
	// G722 has 16 kHz, but its clock was once written down wrongly and stays
	// so, RFC 3551 section 4.5.2.
	G722 = Codec{Name: "G722", PayloadType: 9, ClockRate: 8000, Format: audio.Linear16k}
)

// ticks is how long n bytes of payload last on the RTP clock.
func (c Codec) ticks(n int) uint32 {
	if c.Name == G722.Name { // a byte is two samples
		return uint32(n)
	}
	return uint32(n / c.Format.BytesPerSample() * c.ClockRate / c.Format.Rate)
}
