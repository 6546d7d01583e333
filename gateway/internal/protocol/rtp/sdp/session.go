package sdp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// Session is the offer/answer state of one dialog. One goroutine uses it.
type Session struct {
	local   Local
	id      uint64
	version uint64
	keys    map[sdes.Suite]sdes.Key // ours; kept, so that a stream's cipher goes on

	sent    *pion.SessionDescription // last of ours
	peer    pion.Origin              // of the description that was answered last
	answer  Answer
	agreed  bool             // answer is valid
	stream  int              // index of the audio line
	offered bool             // sent is an offer without an answer
	lines   []sdes.Attribute // the keys in it
}

// Answer is the result of an exchange.
type Answer struct {
	Text   []byte     // our answer; nil when the peer answered
	Remote rtp.Remote // Trusted is not set
}

// NewSession begins a dialog.
func NewSession(l Local) *Session {
	// RFC 4566 wants a number that is unique; the spare bit keeps it within
	// what peers read as a signed integer.
	return &Session{local: l, id: rand.Uint64() >> 2, keys: map[sdes.Suite]sdes.Key{}}
}

// Answer answers an offer of the peer. After an error nothing has changed, and
// what was agreed before stands.
func (s *Session) Answer(offer []byte) (Answer, error) {
	d, err := parse(offer)
	if err != nil {
		return Answer{}, err
	}
	if s.agreed && s.answer.Text != nil && d.Origin == s.peer {
		return s.answer, nil // RFC 3264 section 8: same version, same description
	}
	i, remote, crypto, err := s.read(d, nil)
	if err != nil {
		return Answer{}, err
	}
	ours := reject(d)
	ours[i] = s.media(remote, crypto, opposite(d.direction(i), remote))
	text, err := s.write(ours)
	if err != nil {
		return Answer{}, err
	}
	s.peer, s.stream, s.agreed, s.offered = d.Origin, i, true, false
	s.answer = Answer{text, remote}
	return s.answer, nil
}

// Offer offers what was agreed, or everything before that: for an INVITE
// without a description and for one of our own.
func (s *Session) Offer() ([]byte, error) {
	remote := rtp.Remote{Codec: s.local.Codecs[0], Events: ourEvents}
	if s.agreed {
		remote.Codec, remote.Events = s.answer.Remote.Codec, s.answer.Remote.Events
		if remote.Events == rtp.NoEvents {
			remote.Events = ourEvents
		}
	}
	var lines []sdes.Attribute
	for _, suite := range s.suites() {
		lines = append(lines, sdes.Attribute{Tag: len(lines) + 1, Key: s.key(suite)})
	}
	m := s.media(remote, lines, pion.DirectionSendRecv)
	s.addCodecs(m, remote)
	ours := []*pion.MediaDescription{m}
	if s.agreed {
		ours = reject(description{s.sent})
		ours[s.stream] = m
	}
	text, err := s.write(ours)
	if err != nil {
		return nil, err
	}
	s.offered, s.lines = true, lines
	return text, nil
}

// Accept takes the peer's answer to our offer.
func (s *Session) Accept(answer []byte) (Answer, error) {
	if !s.offered {
		return Answer{}, fmt.Errorf("%w: an answer without an offer", ErrMalformed)
	}
	d, err := parse(answer)
	if err != nil {
		return Answer{}, err
	}
	if len(d.MediaDescriptions) != len(s.sent.MediaDescriptions) {
		return Answer{}, fmt.Errorf("%w: number of media lines", ErrMalformed)
	}
	_, remote, _, err := s.read(d, s.sent.MediaDescriptions[s.stream])
	if err != nil {
		return Answer{}, err
	}
	s.agreed, s.offered = true, false
	s.answer = Answer{Remote: remote}
	return s.answer, nil
}

// read finds the audio stream of a description and what it means for us. In an
// answer to offered it is the line in the same place.
func (s *Session) read(d description, offered *pion.MediaDescription) (int, rtp.Remote, []sdes.Attribute, error) {
	i, secure, err := s.find(d, offered)
	if err != nil {
		return 0, rtp.Remote{}, nil, err
	}
	m := d.MediaDescriptions[i]
	codec, events, ok := choose(s.local.Codecs, formats(m))
	if !ok {
		return 0, rtp.Remote{}, nil, ErrCodec
	}
	addr, nowhere, err := d.address(i)
	if err != nil {
		return 0, rtp.Remote{}, nil, err
	}
	if !nowhere && !s.local.acceptable(addr) {
		return 0, rtp.Remote{}, nil, ErrAddress
	}
	dir := d.direction(i)
	remote := rtp.Remote{
		Addr: netip.AddrPortFrom(addr, uint16(m.MediaName.Port.Value)), Codec: codec, Events: events,
		Packet: packet(d, i),
		Send:   !nowhere && (dir == pion.DirectionSendRecv || dir == pion.DirectionRecvOnly),
		Hold:   nowhere || dir != pion.DirectionSendRecv,
	}
	remote.Control = control(d, i, remote.Addr)
	if !secure {
		return i, remote, nil, nil
	}
	ours, theirs, err := s.crypto(m, offered)
	if err != nil {
		return 0, rtp.Remote{}, nil, err
	}
	remote.Encrypt, remote.Decrypt = ours.Key, theirs
	return i, remote, []sdes.Attribute{ours}, nil
}

// find gives the first audio stream whose profile the policy allows.
func (s *Session) find(d description, offered *pion.MediaDescription) (i int, secure bool, err error) {
	err = ErrProfile
	for i, m := range d.MediaDescriptions {
		if m.MediaName.Media != "audio" || m.MediaName.Port.Value == 0 {
			continue
		}
		p := profile(m)
		switch {
		case offered != nil && (i != s.stream || p != profile(offered)):
		case p == "RTP/AVP" && s.local.SRTP == Required:
			err = ErrSecure
		case p == "RTP/AVP":
			return i, false, nil
		case p == "RTP/SAVP" && s.local.SRTP != Plain:
			return i, true, nil
		}
	}
	return 0, false, err
}

// crypto chooses keys: among those of an offer by our preference; in an answer
// the one that was chosen of ours.
func (s *Session) crypto(m, offered *pion.MediaDescription) (ours sdes.Attribute, theirs sdes.Key, err error) {
	var usable []sdes.Attribute
	for _, a := range m.Attributes {
		if a.Key != "crypto" {
			continue
		}
		if c, err := sdes.Parse(a.Value); err == nil {
			usable = append(usable, c)
		}
	}
	if offered != nil {
		for _, c := range usable {
			for _, l := range s.lines {
				if c.Tag == l.Tag && c.Key.Suite() == l.Key.Suite() {
					return l, c.Key, nil
				}
			}
		}
		return sdes.Attribute{}, sdes.Key{}, ErrCrypto
	}
	for _, suite := range s.local.Suites {
		for _, c := range usable {
			if c.Key.Suite() == suite {
				return sdes.Attribute{Tag: c.Tag, Key: s.key(suite)}, c.Key, nil
			}
		}
	}
	return sdes.Attribute{}, sdes.Key{}, ErrCrypto
}

// suites are those to offer: the agreed one, so that its stream goes on, or all.
func (s *Session) suites() []sdes.Suite {
	switch agreed := s.answer.Remote.Encrypt.Suite(); {
	case agreed != 0:
		return []sdes.Suite{agreed}
	case s.agreed, s.local.SRTP == Plain:
		return nil
	}
	return s.local.Suites
}

// key is our key of a suite.
func (s *Session) key(suite sdes.Suite) sdes.Key {
	k, ok := s.keys[suite]
	if !ok {
		k = sdes.NewKey(suite)
		s.keys[suite] = k
	}
	return k
}

// control is where the peer wants RTCP: RFC 5761, RFC 3605, or one port above.
// An address of its own in the attribute is not followed.
func control(d description, i int, addr netip.AddrPort) netip.AddrPort {
	if _, mux := d.MediaDescriptions[i].Attribute("rtcp-mux"); mux {
		return addr
	}
	if v, ok := d.MediaDescriptions[i].Attribute("rtcp"); ok {
		number, _, _ := strings.Cut(v, " ")
		if p, err := strconv.ParseUint(number, 10, 16); err == nil && p > 0 {
			return netip.AddrPortFrom(addr.Addr(), uint16(p))
		}
	}
	if addr.Port() == 65535 {
		return netip.AddrPort{} // nowhere
	}
	return netip.AddrPortFrom(addr.Addr(), addr.Port()+1)
}

// write gives our description its origin: a new version if it says anything
// new.
func (s *Session) write(media []*pion.MediaDescription) ([]byte, error) {
	d := describe(s.local.Addr.Addr(), media)
	d.Origin.SessionID = s.id
	if s.sent != nil {
		d.Origin.SessionVersion = s.version
		before, err := s.sent.Marshal()
		if err != nil {
			return nil, fmt.Errorf("session description: %w", err)
		}
		same, err := d.Marshal()
		if err == nil && bytes.Equal(before, same) {
			return same, nil
		}
	}
	s.version++
	d.Origin.SessionVersion = s.version
	text, err := d.Marshal()
	if err != nil {
		return nil, fmt.Errorf("session description: %w", err)
	}
	s.sent = d
	return text, nil
}
