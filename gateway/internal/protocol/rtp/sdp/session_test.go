package sdp_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdp"
)

const key = "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // RFC 4568 section 9.1

func local() sdp.Local {
	return sdp.Local{
		Addr:   netip.MustParseAddrPort("198.51.100.7:10000"),
		Codecs: []rtp.Codec{rtp.PCMU, rtp.PCMA}, Suites: sdes.Suites(),
	}
}

// offer writes a peer's description: version, connection address, and all from
// the media line on.
func offer(version int, addr string, media ...string) []byte {
	return []byte(strings.Join(append([]string{
		"v=0", fmt.Sprintf("o=peer 2890844526 %d IN IP4 203.0.113.9", version), "s=call", "c=IN IP4 " + addr, "t=0 0",
	}, media...), "\r\n") + "\r\n")
}

var common = []string{
	"m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16",
}

func lines(text []byte) []string { return strings.Split(strings.TrimSpace(string(text)), "\r\n") }

func TestAnswer(t *testing.T) {
	t.Parallel()
	s := sdp.NewSession(local())
	got, err := s.Answer(offer(1, "203.0.113.9", common...))
	require.NoError(t, err)
	text := lines(got.Text)
	require.Regexp(t, `^o=- \d+ 1 IN IP4 198\.51\.100\.7$`, text[1])
	text[1] = "o="
	require.Equal(t, []string{
		"v=0", "o=", "s=-", "c=IN IP4 198.51.100.7", "t=0 0", "m=audio 10000 RTP/AVP 0 101",
		"a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv",
	}, text)
	want := rtp.Remote{
		Addr:    netip.MustParseAddrPort("203.0.113.9:4000"),
		Control: netip.MustParseAddrPort("203.0.113.9:4001"),
		Codec:   rtp.PCMU, Events: 101, Packet: 20 * time.Millisecond, Send: true,
	}
	require.Empty(t, cmp.Diff(want, got.Remote, compare...))
}

var compare = cmp.Options{cmpopts.EquateComparable(netip.AddrPort{}), cmp.Comparer(sdes.Key.Equal)}

func TestChoice(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		media  []string
		codec  string
		number uint8
		events uint8
		packet int
	}{
		{"SIP-08 PCMA only", []string{"m=audio 4000 RTP/AVP 8"}, "PCMA", 8, rtp.NoEvents, 20},
		{"G.722 is not one of ours here", []string{"m=audio 4000 RTP/AVP 9 8"}, "PCMA", 8, rtp.NoEvents, 20},
		{"SIP-08 PCMA preferred by the peer", []string{"m=audio 4000 RTP/AVP 8 0"}, "PCMU", 0, rtp.NoEvents, 20},
		{
			"SIP-08 PCMU and unknown types",
			[]string{"m=audio 4000 RTP/AVP 18 110 0 19 200 x", "a=rtpmap:110 opus/48000/2", "a=rtpmap:19 CN/8000"},
			"PCMU", 0, rtp.NoEvents, 20,
		},
		{
			"SIP-08 DTMF on another clock is another type",
			[]string{
				"m=audio 4000 RTP/AVP 0 100 97", "a=rtpmap:100 telephone-event/48000", "a=rtpmap:97 Telephone-Event/8000",
			},
			"PCMU", 0, 97, 20,
		},
		{"SIP-08 ptime 10", append(common[:3:3], "a=ptime:10"), "PCMU", 0, 101, 20},
		{"SIP-08 ptime 30", append(common[:3:3], "a=ptime:30"), "PCMU", 0, 101, 20},
		{"SIP-08 ptime 60", append(common[:3:3], "a=ptime:60", "a=maxptime:60"), "PCMU", 0, 101, 20},
		{"SIP-08 maxptime 10", append(common[:3:3], "a=maxptime:10"), "PCMU", 0, 101, 10},
		{"dynamic number", []string{"m=audio 4000 RTP/AVP 98", "a=rtpmap:98 pcmu/8000/1"}, "PCMU", 98, rtp.NoEvents, 20},
		{
			"a static number means what the peer says",
			[]string{"m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 telephone-event/8000"},
			"PCMA", 8, 0, 20,
		},
		{
			"static number with two channels",
			[]string{"m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 PCMU/8000/2"},
			"PCMA", 8, rtp.NoEvents, 20,
		},
		{
			"numbers of RTCP are none",
			[]string{"m=audio 4000 RTP/AVP 72 8", "a=rtpmap:72 PCMU/8000"},
			"PCMA", 8, rtp.NoEvents, 20,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sdp.NewSession(local()).Answer(offer(1, "203.0.113.9", tt.media...))
			require.NoError(t, err)
			require.Equal(t, tt.codec, got.Remote.Codec.Name)
			require.Equal(t, tt.number, got.Remote.Codec.PayloadType)
			require.Equal(t, tt.events, got.Remote.Events)
			require.Equal(t, tt.packet, int(got.Remote.Packet.Milliseconds()))
			require.Contains(t, string(got.Text), fmt.Sprintf("a=ptime:%d\r\n", tt.packet))
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const ok = "203.0.113.9"
	for _, tt := range []struct {
		name, addr string
		media      []string
		local      func(*sdp.Local)
		reason     string
	}{
		{"no common codec", ok, []string{"m=audio 4000 RTP/AVP 18"}, nil, "sdp_codec"},
		{"only rejected audio", ok, []string{"m=audio 0 RTP/AVP 0"}, nil, "sdp_profile"},
		{"only video", ok, []string{"m=video 4000 RTP/AVP 31"}, nil, "sdp_profile"},
		{"nothing", ok, nil, nil, "sdp_profile"},
		{"no line", ok, []string{"m=audio 4000 RTP/AVP 0", "nonsense"}, nil, "sdp_malformed"},
		{"feedback profile", ok, []string{"m=audio 4000 UDP/TLS/RTP/SAVPF 0"}, nil, "sdp_profile"},
		{"SIP-08 SRTP without TLS", ok, []string{"m=audio 4000 RTP/SAVP 0", "a=crypto:" + key}, nil, "sdp_profile"},
		{
			"SIP-08 downgrade refused", ok,
			[]string{"m=audio 4000 RTP/AVP 0", "a=crypto:" + key},
			func(l *sdp.Local) { l.SRTP = sdp.Required }, "srtp_required",
		},
		{
			"SIP-08 no usable key", ok,
			[]string{"m=audio 4000 RTP/SAVP 0", "a=crypto:" + key + " UNENCRYPTED_SRTP"},
			func(l *sdp.Local) { l.SRTP = sdp.Either }, "sdp_crypto",
		},
		{"SIP-21 metadata service", "169.254.169.254", common, nil, "sdp_address"},
		{"SIP-21 loopback", "127.0.0.1", common, nil, "sdp_address"},
		{"SIP-21 private", "10.0.0.1", common, nil, "sdp_address"},
		{"SIP-21 shared", "100.64.3.1", common, nil, "sdp_address"},
		{"SIP-21 multicast", "224.2.1.1/127", common, nil, "sdp_address"},
		{"SIP-21 multicast without TTL", "224.2.1.1", common, nil, "sdp_address"},
		{"SIP-21 broadcast", "255.255.255.255", common, nil, "sdp_address"},
		{"SIP-21 this network", "0.0.0.1", common, nil, "sdp_address"},
		{"SIP-21 name", "media.example.com", common, nil, "sdp_address"},
		{
			"SIP-21 in the stream", ok, append([]string{common[0], "c=IN IP4 127.0.0.1"}, common[1:]...), nil,
			"sdp_address",
		},
		{
			"SIP-21 mapped", ok, []string{common[0], "c=IN IP6 ::ffff:127.0.0.1"}, nil, "sdp_address",
		},
		{"SIP-21 link-local", ok, []string{common[0], "c=IN IP6 fe80::1"}, nil, "sdp_address"},
		{"SIP-21 loopback of IPv6", ok, []string{common[0], "c=IN IP6 ::1"}, nil, "sdp_address"},
		{"SIP-21 private of IPv6", ok, []string{common[0], "c=IN IP6 fd00:ec2::254"}, nil, "sdp_address"},
		{"SIP-21 multicast of IPv6", ok, []string{common[0], "c=IN IP6 ff0e::1"}, nil, "sdp_address"},
		{"SIP-21 translated", ok, []string{common[0], "c=IN IP6 64:ff9b::a9fe:a9fe"}, nil, "sdp_address"},
		{"SIP-21 6to4", ok, []string{common[0], "c=IN IP6 2002:a9fe:a9fe::1"}, nil, "sdp_address"},
		{"SIP-21 compatible", ok, []string{common[0], "c=IN IP6 ::127.0.0.1"}, nil, "sdp_address"},
		{"media line too short", ok, []string{"m=audio 4000"}, nil, "sdp_malformed"},
		{"port too great", ok, []string{"m=audio 70000 RTP/AVP 0"}, nil, "sdp_malformed"},
		{"port negative", ok, []string{"m=audio -1 RTP/AVP 0"}, nil, "sdp_malformed"},
		{"too long", ok, []string{common[0], "a=x:" + strings.Repeat("x", 17<<10)}, nil, "sdp_malformed"},
		{
			"too many streams", ok, slices.Repeat(common[:1], 17), nil,
			"sdp_malformed",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := local()
			if tt.local != nil {
				tt.local(&l)
			}
			_, err := sdp.NewSession(l).Answer(offer(1, tt.addr, tt.media...))
			require.Error(t, err)
			require.Equal(t, tt.reason, sdp.Reason(err))
		})
	}
	for _, text := range []string{"", "v=1", "\x00", strings.Repeat("m=\r\n", 40)} {
		_, err := sdp.NewSession(local()).Answer([]byte(text))
		require.ErrorIs(t, err, sdp.ErrMalformed)
	}
	require.Empty(t, sdp.Reason(nil))
}

func TestUnusualDescriptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text string }{
		{"line feeds only", "v=0\no=- 1 1 IN IP4 a\ns=-\nc=IN IP4 203.0.113.9\nt=0 0\nm=audio 4000 RTP/AVP 0\n"},
		{"no name, no time", "v=0\r\no=- 1 1 IN IP4 a\r\nc=IN IP4 203.0.113.9\r\nm=audio 4000 RTP/AVP 0\r\n"},
		{"empty name", "v=0\r\no=- 1 1 IN IP4 a\r\ns=\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"},
		{
			"attributes before the time, address behind attributes",
			"v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\na=x\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\nc=IN IP4 203.0.113.9\r\n",
		},
		{
			"lines of no interest",
			"v=0\r\no=Cisco_SIP-GW 8141 3860 IN IP4 203.0.113.9\r\ns=SIP Call\r\ni=info\r\nu=not a link\r\n" +
				"e=x\r\nc=IN IP4 203.0.113.9\r\nb=X-Y:z\r\nt=x\r\nr=1\r\nz=0\r\nk=clear:x\r\nx=1\r\n" +
				"m=audio 4000 RTP/AVP 0\r\nb=AS\r\nc=IN IP4 203.0.113.9\r\nc=IN IP4 203.0.113.10\r\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sdp.NewSession(local()).Answer([]byte(tt.text))
			require.NoError(t, err)
			require.Equal(t, "203.0.113.9:4000", got.Remote.Addr.String())
		})
	}
}

func TestAllowedAddresses(t *testing.T) {
	t.Parallel()
	l := local()
	l.Loopback, l.Private = true, true
	for _, addr := range []string{"127.0.0.1", "10.1.2.3", "192.168.0.4", "100.64.0.1"} {
		got, err := sdp.NewSession(l).Answer(offer(1, addr, common...))
		require.NoError(t, err)
		require.Equal(t, addr, got.Remote.Addr.Addr().String())
	}
	got, err := sdp.NewSession(l).Answer(offer(1, "203.0.113.9", common[0], "c=IN IP6 2001:db8::1"))
	require.NoError(t, err)
	require.Equal(t, "[2001:db8::1]:4000", got.Remote.Addr.String())
	got, err = sdp.NewSession(l).Answer(offer(1, "203.0.113.9", common[0], "c=IN IP6 ::1"))
	require.NoError(t, err)
	require.Equal(t, "[::1]:4000", got.Remote.Addr.String())
}

// TestIPv6 is a session whose side of ours has an address of that kind.
func TestIPv6(t *testing.T) {
	t.Parallel()
	l := local()
	l.Addr = netip.MustParseAddrPort("[2001:db8::7]:10000")
	s := sdp.NewSession(l)
	for version, c := range []struct {
		name, address string
		hold          bool
	}{
		{"SIP-02 start over IPv6", "2001:db8::9", false},
		{"SIP-02 hold by :: over IPv6", "::", true},
		{"SIP-02 resume over IPv6", "2001:db8::9", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := s.Answer(offer(version+1, "203.0.113.9", common[0], "c=IN IP6 "+c.address))
			require.NoError(t, err)
			require.Equal(t, c.hold, got.Remote.Hold)
			require.Contains(t, string(got.Text), "c=IN IP6 2001:db8::7\r\n")
			require.Contains(t, string(got.Text), " IN IP6 2001:db8::7\r\ns=-")
		})
	}
}

func TestReinviteSIP02(t *testing.T) {
	t.Parallel()
	s := sdp.NewSession(local())
	version := 0
	for _, tt := range []struct {
		name, addr, attribute, answer string
		send, hold, changed           bool
	}{
		{"start", "203.0.113.9", "sendrecv", "sendrecv", true, false, true},
		{"sendonly", "203.0.113.9", "sendonly", "recvonly", false, true, true},
		{"inactive", "203.0.113.9", "inactive", "inactive", false, true, true},
		{"0.0.0.0", "0.0.0.0", "sendrecv", "recvonly", false, true, true},
		{"0.0.0.0 recvonly", "0.0.0.0", "recvonly", "inactive", false, true, true},
		{"resume", "203.0.113.9", "sendrecv", "sendrecv", true, false, true},
		{"recvonly", "203.0.113.9", "recvonly", "sendonly", true, true, true},
		{"nothing new for us", "203.0.113.10", "recvonly", "sendonly", true, true, false},
	} {
		t.Run("SIP-02 "+tt.name, func(t *testing.T) {
			version++
			got, err := s.Answer(offer(version, tt.addr, append(common[:3:3], "a="+tt.attribute)...))
			require.NoError(t, err)
			require.Contains(t, string(got.Text), "a="+tt.answer+"\r\n")
			require.Equal(t, tt.send, got.Remote.Send)
			require.Equal(t, tt.hold, got.Remote.Hold)
			ours := version
			if !tt.changed {
				ours--
			}
			require.Contains(t, string(got.Text), fmt.Sprintf(" %d IN IP4 198.51.100.7\r\n", ours))
		})
	}
	t.Run("SIP-02 the direction of the session", func(t *testing.T) {
		version++
		got, err := s.Answer(offer(version, "203.0.113.9", common...))
		require.NoError(t, err)
		require.True(t, got.Remote.Send)
		text := strings.Replace(string(offer(version+1, "203.0.113.9", common...)), "t=0 0", "t=0 0\r\na=inactive", 1)
		got, err = s.Answer([]byte(text))
		require.NoError(t, err)
		require.False(t, got.Remote.Send)
		version += 2
	})
	t.Run("SIP-02 unchanged version gives the same answer", func(t *testing.T) {
		first, err := s.Answer(offer(version, "203.0.113.9", common...))
		require.NoError(t, err)
		again, err := s.Answer(offer(version, "203.0.113.99", "m=audio 5000 RTP/AVP 8"))
		require.NoError(t, err)
		require.Equal(t, string(first.Text), string(again.Text))
		require.Empty(t, cmp.Diff(first.Remote, again.Remote, compare...))
	})
	t.Run("SIP-02 new port, new codec", func(t *testing.T) {
		version++
		got, err := s.Answer(offer(version, "203.0.113.9", "m=audio 5000 RTP/AVP 8"))
		require.NoError(t, err)
		require.Equal(t, uint16(5000), got.Remote.Addr.Port())
		require.Equal(t, "PCMA", got.Remote.Codec.Name)
	})
	t.Run("SIP-02 no common codec changes nothing", func(t *testing.T) {
		version++
		_, err := s.Answer(offer(version, "203.0.113.9", "m=audio 5000 RTP/AVP 18"))
		require.ErrorIs(t, err, sdp.ErrCodec)
		text, err := s.Offer()
		require.NoError(t, err)
		require.Contains(t, string(text), "m=audio 10000 RTP/AVP 8 0 101\r\n")
	})
}

func TestOtherStreamsAreRejectedInTheirPlace(t *testing.T) {
	t.Parallel()
	s := sdp.NewSession(local())
	media := []string{
		"m=image 6000 udptl t38", "m=video 4002 RTP/AVP 31", "m=audio 4000 RTP/AVP 0", "m=audio 4004 RTP/AVP 0",
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
	}
	got, err := s.Answer(offer(1, "203.0.113.9", media...))
	require.NoError(t, err)
	streams := func(text []byte) (found []string) {
		for _, l := range lines(text) {
			if strings.HasPrefix(l, "m=") {
				found = append(found, l)
			}
		}
		return found
	}
	want := []string{
		"m=image 0 udptl t38", "m=video 0 RTP/AVP 31", "m=audio 10000 RTP/AVP 0", "m=audio 0 RTP/AVP 0",
		"m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
	}
	require.Equal(t, want, streams(got.Text))
	text, err := s.Offer()
	require.NoError(t, err)
	want[2] = "m=audio 10000 RTP/AVP 0 8 101"
	require.Equal(t, want, streams(text))
}

func TestLateOfferSIP01(t *testing.T) {
	t.Parallel()
	t.Run("SIP-01 late offer, answer in ACK", func(t *testing.T) {
		t.Parallel()
		us, peer := local(), local()
		peer.Addr = netip.MustParseAddrPort("203.0.113.9:20000")
		peer.Codecs = []rtp.Codec{rtp.PCMA}
		a, b := sdp.NewSession(us), sdp.NewSession(peer)
		text, err := a.Offer()
		require.NoError(t, err)
		require.Contains(t, string(text), "m=audio 10000 RTP/AVP 0 8 101\r\n")
		theirs, err := b.Answer(text)
		require.NoError(t, err)
		got, err := a.Accept(theirs.Text)
		require.NoError(t, err)
		require.Nil(t, got.Text)
		require.Equal(t, peer.Addr, got.Remote.Addr)
		require.Equal(t, "PCMA", got.Remote.Codec.Name)
		_, err = a.Accept(theirs.Text)
		require.ErrorIs(t, err, sdp.ErrMalformed, "there is no offer any more")
	})
	t.Run("SIP-01 an answer with another stream or number of them", func(t *testing.T) {
		t.Parallel()
		for _, media := range [][]string{
			{"m=audio 0 RTP/AVP 0"},
			{"m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/AVP 0"},
			{"m=audio 4000 RTP/SAVP 0"},
			{"m=audio 4000 RTP/AVP 18"},
			{},
		} {
			s := sdp.NewSession(local())
			_, err := s.Offer()
			require.NoError(t, err)
			_, err = s.Accept(offer(1, "203.0.113.9", media...))
			require.Error(t, err)
		}
	})
}

func TestRTCPSIP02(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, attribute, control string
		mux                      bool
	}{
		{"one above", "a=x", "203.0.113.9:4001", false},
		{"shared", "a=rtcp-mux", "203.0.113.9:4000", true},
		{"named", "a=rtcp:53020", "203.0.113.9:53020", false},
		{"named with an address, which is not followed", "a=rtcp:53020 IN IP4 192.0.2.1", "203.0.113.9:53020", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := sdp.NewSession(local()).Answer(offer(1, "203.0.113.9", append(common[:3:3], tt.attribute)...))
			require.NoError(t, err)
			require.Equal(t, tt.control, got.Remote.Control.String())
			require.Equal(t, tt.mux, strings.Contains(string(got.Text), "a=rtcp-mux\r\n"))
		})
	}
}

func TestSecureSIP08(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		theirs []sdes.Suite
		suite  sdes.Suite
	}{
		{"SRTP GCM first", []sdes.Suite{sdes.AESCM, sdes.GCM256, sdes.GCM128}, sdes.GCM128},
		{"SRTP SHA1_80 alone", []sdes.Suite{sdes.AESCM}, sdes.AESCM},
		{"SRTP GCM 256", []sdes.Suite{sdes.GCM256, sdes.AESCM}, sdes.GCM256},
	} {
		t.Run("SIP-08 "+tt.name, func(t *testing.T) {
			t.Parallel()
			us, peer := local(), local()
			us.SRTP, peer.SRTP, peer.Suites = sdp.Required, sdp.Either, tt.theirs
			peer.Addr = netip.MustParseAddrPort("203.0.113.9:20000")
			a, b := sdp.NewSession(us), sdp.NewSession(peer)
			text, err := b.Offer()
			require.NoError(t, err)
			ours, err := a.Answer(text)
			require.NoError(t, err)
			require.Contains(t, string(ours.Text), "m=audio 10000 RTP/SAVP 0 101\r\n")
			require.Equal(t, 1, strings.Count(string(ours.Text), "a=crypto:"))
			got, err := b.Accept(ours.Text)
			require.NoError(t, err)
			require.Equal(t, tt.suite, got.Remote.Encrypt.Suite())
			require.True(t, got.Remote.Encrypt.Equal(ours.Remote.Decrypt))
			require.True(t, got.Remote.Decrypt.Equal(ours.Remote.Encrypt))
			require.False(t, got.Remote.Decrypt.Equal(ours.Remote.Decrypt))

			// Our stream goes on under its key, whoever offers next.
			text, err = a.Offer()
			require.NoError(t, err)
			again, err := b.Answer(text)
			require.NoError(t, err)
			require.True(t, again.Remote.Decrypt.Equal(ours.Remote.Encrypt))
		})
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(offer(1, "203.0.113.9", common...))
	f.Add(offer(1, "0.0.0.0", "m=audio 4000 RTP/SAVP 0 8", "a=crypto:"+key, "a=sendonly", "a=rtcp-mux"))
	f.Add(offer(1, "203.0.113.9", "m=image 1 udptl t38", "m=audio 1/2 RTP/AVP 97", "a=rtpmap:97 PCMA/8000"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := local()
		l.SRTP = sdp.Either
		s := sdp.NewSession(l)
		got, err := s.Answer(text)
		if err != nil {
			require.NotEmpty(t, sdp.Reason(err))
			return
		}
		count := func(text []byte) int { return strings.Count("\n"+strings.ReplaceAll(string(text), "\r", "\n"), "\nm=") }
		require.Equal(t, count(text), count(got.Text))
		if got.Remote.Send {
			require.False(t, got.Remote.Addr.Addr().IsLoopback() || got.Remote.Addr.Addr().IsPrivate())
			require.NotZero(t, got.Remote.Addr.Port())
		}
		require.Contains(t, []string{"PCMU", "PCMA"}, got.Remote.Codec.Name)
		again, err := s.Answer(text)
		require.NoError(t, err)
		require.Equal(t, string(got.Text), string(again.Text))
		_, err = s.Offer()
		require.NoError(t, err)
		_, _ = s.Accept(text)
	})
}
