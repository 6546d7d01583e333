package rtp_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
)

// FuzzMedia throws packets at a call from the peer's address and another one,
// at any distance in time.
func FuzzMedia(f *testing.F) {
	pair := newPair(f)
	f.Cleanup(pair.Close)
	p := &peer{t: f, ssrc: 7}
	var seed []byte
	add := func(packet []byte) {
		seed = append(binary.BigEndian.AppendUint16(seed, uint16(len(packet))), 20)
		seed = append(seed, packet...)
	}
	for range 4 {
		add(p.packet(0, tone(1)))
	}
	add(p.packet(101, event(5, true, 800)))
	p.seq, p.time = p.seq+3, p.time+4000
	add(p.packet(0, tone(2)))
	f.Add(seed)
	peers := []netip.AddrPort{
		netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("127.0.0.2:4000"),
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := rtp.New(rtp.Config{Ports: newPair(t), Format: audio.Linear16k})
		require.NoError(t, err)
		defer m.Close()
		require.NoError(t, m.Apply(rtp.Remote{
			Addr: peers[0], Control: peers[0], Codec: rtp.PCMU, Events: 101, Send: true,
		}))
		now, packets := time.Now(), uint64(0)
		for len(data) >= 3 {
			n := int(binary.BigEndian.Uint16(data)) % 1600
			from := peers[data[2]&1]
			now = now.Add(time.Duration(data[2]) * time.Millisecond)
			data = data[3:]
			packet := data[:min(n, len(data))]
			data = data[len(packet):]
			packets++
			bytes := 0
			m.Feed(now, packet, from, func(in rtp.Input) {
				require.LessOrEqual(t, len(in.Data), 16000*2)
				bytes += len(in.Data)
				if in.Kind == rtp.Digit {
					require.Contains(t, "0123456789*#ABCD", string(in.Digit))
				}
			})
			// Ten seconds of pause, what waited behind a gap, and the packets
			// of a source before it was one.
			require.LessOrEqual(t, bytes, 2*16000*64*10)
		}
		s := m.Stats()
		require.LessOrEqual(t, s.Rejected+s.Malformed, packets+s.Received)
	})
}
