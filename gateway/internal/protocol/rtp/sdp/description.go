package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"
)

const (
	// maxSize bounds a description in bytes; those of calls have about 500.
	maxSize = 16 << 10
	// maxStreams bounds the media lines, each of which is answered.
	maxStreams = 16
	// stand is what the library reads instead of a media line: it refuses a
	// whole description for an unknown word in one, which the answer only
	// needs to repeat.
	stand = "m=audio 0 RTP/AVP 0"
)

// description is a parsed offer or answer.
type description struct {
	*pion.SessionDescription
}

// parse reads a description. Errors do not quote it, since it may hold a key.
func parse(text []byte) (description, error) {
	if len(text) == 0 || len(text) > maxSize {
		return description{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(text))
	}
	var names []pion.MediaName
	lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\r' || r == '\n' })
	for i, line := range lines {
		value, ok := strings.CutPrefix(line, "m=")
		if !ok {
			continue
		}
		name, err := mediaName(value)
		if err != nil {
			return description{}, err
		}
		names = append(names, name)
		lines[i] = stand
	}
	if len(names) > maxStreams {
		return description{}, fmt.Errorf("%w: %d media lines", ErrMalformed, len(names))
	}
	d := description{&pion.SessionDescription{}}
	if d.UnmarshalString(strings.Join(lines, "\r\n")+"\r\n") != nil || len(d.MediaDescriptions) != len(names) {
		return description{}, fmt.Errorf("%w: syntax", ErrMalformed)
	}
	for i, m := range d.MediaDescriptions {
		m.MediaName = names[i]
	}
	return d, nil
}

func mediaName(value string) (pion.MediaName, error) {
	f := strings.Fields(value)
	if len(f) < 4 {
		return pion.MediaName{}, fmt.Errorf("%w: media line", ErrMalformed)
	}
	number, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return pion.MediaName{}, fmt.Errorf("%w: media port", ErrMalformed)
	}
	return pion.MediaName{
		Media: f[0], Port: pion.RangedPort{Value: int(port)}, Protos: strings.Split(f[2], "/"), Formats: f[3:],
	}, nil
}

// address is where stream i wants its media; held is RFC 2543's way to say
// nowhere.
func (d description) address(i int) (addr netip.Addr, held bool, err error) {
	c := d.MediaDescriptions[i].ConnectionInformation
	if c == nil {
		c = d.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.Addr{}, false, fmt.Errorf("%w: no connection line", ErrMalformed)
	}
	// A name, or an address with the TTL of multicast, is not parsed either.
	addr, err = netip.ParseAddr(c.Address.Address)
	if err != nil {
		return netip.Addr{}, false, fmt.Errorf("%w: not a unicast address", ErrAddress)
	}
	addr = addr.Unmap()
	return addr, addr.IsUnspecified(), nil
}

// attribute is the value of a stream's attribute, or the session's.
func (d description) attribute(i int, key string) (string, bool) {
	if v, ok := d.MediaDescriptions[i].Attribute(key); ok {
		return v, true
	}
	return d.Attribute(key)
}

// direction is the last word of the stream on it, else of the session.
func (d description) direction(i int) pion.Direction {
	for _, list := range [][]pion.Attribute{d.MediaDescriptions[i].Attributes, d.Attributes} {
		for _, a := range list {
			if dir, err := pion.NewDirection(a.Key); err == nil {
				return dir
			}
		}
	}
	return pion.DirectionSendRecv
}

// profile is the stream's transport in one word.
func profile(m *pion.MediaDescription) string { return strings.Join(m.MediaName.Protos, "/") }
