package sdp

import (
	"strconv"
	"strings"
	"time"

	pion "github.com/pion/sdp/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
)

const (
	eventName = "telephone-event" // RFC 4733
	ourEvents = 101               // the payload type most peers use
	// maxFormats bounds the payload types of a stream that are looked at.
	maxFormats = 64
)

// format is one payload type of a stream.
type format struct {
	payload uint8
	name    string // upper case
	rate    int
}

// static are payload types that need no rtpmap, RFC 3551 section 6.
var static = []rtp.Codec{rtp.PCMU, rtp.PCMA, rtp.G722}

// formats lists the payload types of a stream, in its order, that have a name.
func formats(m *pion.MediaDescription) []format {
	names := map[uint8]format{}
	for _, c := range static {
		names[c.PayloadType] = format{c.PayloadType, c.Name, c.ClockRate}
	}
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, encoding, _ := strings.Cut(a.Value, " ")
		payload, ok := payloadType(number)
		parts := strings.Split(strings.TrimSpace(encoding), "/")
		if !ok || len(parts) < 2 || len(names) > maxFormats {
			continue
		}
		rate, err := strconv.Atoi(parts[1])
		if err != nil || (len(parts) > 2 && parts[2] != "1") { // one channel
			delete(names, payload)
			continue
		}
		names[payload] = format{payload, strings.ToUpper(parts[0]), rate}
	}
	var list []format
	for _, text := range m.MediaName.Formats[:min(len(m.MediaName.Formats), maxFormats)] {
		if payload, ok := payloadType(text); ok {
			if f, known := names[payload]; known {
				list = append(list, f)
			}
		}
	}
	return list
}

// payloadType parses 0 to 127 without those that RTCP on the same port would be
// taken for, RFC 5761 section 4.
func payloadType(text string) (uint8, bool) {
	n, err := strconv.ParseUint(text, 10, 7)
	return uint8(n), err == nil && (n < 64 || n > 95)
}

// choose takes the first of our codecs that the stream has, and its digits.
func choose(ours []rtp.Codec, list []format) (codec rtp.Codec, events uint8, ok bool) {
	for _, c := range ours {
		for _, f := range list {
			if f.name != c.Name || f.rate != c.ClockRate {
				continue
			}
			c.PayloadType = f.payload
			return c, digits(c, list), true
		}
	}
	return rtp.Codec{}, rtp.NoEvents, false
}

// digits is the payload type of telephone events on the codec's clock.
func digits(c rtp.Codec, list []format) uint8 {
	for _, f := range list {
		if strings.EqualFold(f.name, eventName) && f.rate == c.ClockRate && f.payload != c.PayloadType {
			return f.payload
		}
	}
	return rtp.NoEvents
}

// packet is how much audio we put into a packet: 20 ms, unless the peer takes
// less.
func packet(d description, i int) time.Duration {
	text, ok := d.attribute(i, "maxptime")
	longest, err := strconv.Atoi(strings.TrimSpace(text))
	if ok && err == nil && longest > 0 && longest < 20 {
		return 10 * time.Millisecond
	}
	return 20 * time.Millisecond
}
