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
	regular, names, err := regularise(string(text))
	if err != nil {
		return description{}, err
	}
	d := description{&pion.SessionDescription{}}
	if d.UnmarshalString(regular) != nil || len(d.MediaDescriptions) != len(names) {
		return description{}, fmt.Errorf("%w: syntax", ErrMalformed)
	}
	for i, m := range d.MediaDescriptions {
		m.MediaName = names[i]
	}
	return d, nil
}

// section is the session's part of a description or a stream's, as far as it
// matters.
type section struct {
	head       []string // v and o, or m
	connection string
	attributes []string
}

// regularise gives the lines that matter in the order of RFC 4566, which the
// library insists on and not every telephone keeps, and the media lines.
func regularise(text string) (regular string, names []pion.MediaName, err error) {
	session := section{head: []string{"", ""}}
	streams := []section{}
	at := &session
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		kind, value, ok := strings.Cut(line, "=")
		switch {
		case !ok || len(kind) != 1:
			return "", nil, fmt.Errorf("%w: line", ErrMalformed)
		case kind == "v":
			session.head[0] = line
		case kind == "o":
			session.head[1] = line
		case kind == "c" && at.connection == "":
			at.connection = line
		case kind == "a":
			at.attributes = append(at.attributes, line)
		case kind == "m":
			name, err := mediaName(value)
			if err != nil {
				return "", nil, err
			}
			if names = append(names, name); len(names) > maxStreams {
				return "", nil, fmt.Errorf("%w: too many media lines", ErrMalformed)
			}
			streams = append(streams, section{head: []string{stand}})
			at = &streams[len(streams)-1]
		}
	}
	lines := append(session.head, "s=-")
	for n, s := range append([]section{session}, streams...) {
		if n > 0 {
			lines = append(lines, s.head...)
		}
		if s.connection != "" {
			lines = append(lines, s.connection)
		}
		if n == 0 {
			lines = append(lines, "t=0 0")
		}
		lines = append(lines, s.attributes...)
	}
	return strings.Join(lines, "\r\n") + "\r\n", names, nil
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
