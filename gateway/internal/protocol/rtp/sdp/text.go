package sdp

import (
	"fmt"
	"net/netip"
	"strconv"

	pion "github.com/pion/sdp/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// describe is the session part around our media lines.
func describe(addr netip.Addr, media []*pion.MediaDescription) *pion.SessionDescription {
	family := "IP4"
	if addr.Is6() {
		family = "IP6"
	}
	return &pion.SessionDescription{
		Origin: pion.Origin{
			Username: "-", NetworkType: "IN", AddressType: family, UnicastAddress: addr.String(),
		},
		SessionName: "-",
		ConnectionInformation: &pion.ConnectionInformation{
			NetworkType: "IN", AddressType: family, Address: &pion.Address{Address: addr.String()},
		},
		TimeDescriptions:  []pion.TimeDescription{{}},
		MediaDescriptions: media,
	}
}

// reject answers every media line with port 0, RFC 3264 section 6.
func reject(d description) []*pion.MediaDescription {
	var all []*pion.MediaDescription
	for _, m := range d.MediaDescriptions {
		name := m.MediaName
		name.Port = pion.RangedPort{}
		all = append(all, &pion.MediaDescription{MediaName: name})
	}
	return all
}

// media is our audio line with one codec.
func (s *Session) media(r rtp.Remote, keys []sdes.Attribute, dir pion.Direction) *pion.MediaDescription {
	m := &pion.MediaDescription{MediaName: pion.MediaName{
		Media: "audio", Port: pion.RangedPort{Value: int(s.local.Addr.Port())}, Protos: []string{"RTP", "AVP"},
	}}
	addFormat(m, r.Codec.PayloadType, r.Codec.Name, r.Codec.ClockRate)
	if r.Events != rtp.NoEvents {
		addFormat(m, r.Events, eventName, r.Codec.ClockRate)
		m.WithValueAttribute("fmtp", fmt.Sprintf("%d 0-15", r.Events))
	}
	length := "20"
	if r.Packet != 0 {
		length = strconv.FormatInt(r.Packet.Milliseconds(), 10)
	}
	m.WithValueAttribute("ptime", length)
	if r.Addr.IsValid() && r.Control == r.Addr {
		m.WithPropertyAttribute("rtcp-mux")
	}
	for _, k := range keys {
		m.MediaName.Protos = []string{"RTP", "SAVP"}
		m.WithValueAttribute("crypto", k.String())
	}
	return m.WithPropertyAttribute(dir.String())
}

// addCodecs adds our other codecs to an offer, behind the one that is agreed.
// Their static payload types are free unless the peer's numbers say otherwise.
func (s *Session) addCodecs(m *pion.MediaDescription, r rtp.Remote) {
	at := 1
	for _, c := range s.local.Codecs {
		if c.Name == r.Codec.Name || c.PayloadType == r.Codec.PayloadType || c.PayloadType == r.Events {
			continue
		}
		number := strconv.Itoa(int(c.PayloadType))
		m.MediaName.Formats = append(m.MediaName.Formats[:at],
			append([]string{number}, m.MediaName.Formats[at:]...)...)
		at++
		m.Attributes = append([]pion.Attribute{rtpmap(c.PayloadType, c.Name, c.ClockRate)}, m.Attributes...)
	}
}

func addFormat(m *pion.MediaDescription, payload uint8, name string, rate int) {
	m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(payload)))
	m.Attributes = append(m.Attributes, rtpmap(payload, name, rate))
}

func rtpmap(payload uint8, name string, rate int) pion.Attribute {
	return pion.NewAttribute("rtpmap", fmt.Sprintf("%d %s/%d", payload, name, rate))
}

// opposite is our answer to the peer's direction. A peer that wants media
// nowhere gets none, whatever else it says.
func opposite(dir pion.Direction, r rtp.Remote) pion.Direction {
	switch {
	case dir == pion.DirectionInactive:
		return pion.DirectionInactive
	case dir == pion.DirectionRecvOnly && r.Send:
		return pion.DirectionSendOnly
	case dir == pion.DirectionRecvOnly:
		return pion.DirectionInactive
	case !r.Send:
		return pion.DirectionRecvOnly
	}
	return pion.DirectionSendRecv
}
