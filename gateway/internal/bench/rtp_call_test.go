package bench_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCallOverRTP sends one second of sound to a whole call and gets it back
// bit by bit, in one stream without a gap.
func TestCallOverRTP(t *testing.T) {
	t.Parallel()
	port := echoMedia(t, 1, false)[0]
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, port)))
	require.NoError(t, err)
	defer conn.Close()
	sound := make([]byte, 8000)
	for i := range sound {
		sound[i] = byte(1 + i%200) // anything but silence
	}
	packet := make([]byte, 12, 172)
	packet[0] = 0x80
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var heard []byte
	var last uint16
	for sent, got := 0, 0; len(heard) < len(sound); {
		if data := sound[min(sent*160, len(sound)):]; len(data) > 0 {
			binary.BigEndian.PutUint16(packet[2:], uint16(sent))
			binary.BigEndian.PutUint32(packet[4:], uint32(sent*160))
			_, err := conn.Write(append(packet[:12], data[:160]...))
			require.NoError(t, err)
			sent++
		}
		<-tick.C
		buf := make([]byte, 1500)
		for {
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Millisecond)))
			n, err := conn.Read(buf)
			if err != nil {
				break
			}
			seq := binary.BigEndian.Uint16(buf[2:])
			if got++; got > 1 {
				require.Equal(t, last+1, seq)
			}
			last = seq
			for _, b := range buf[12:n] {
				if b != 0xFF {
					heard = append(heard, b)
				}
			}
		}
		require.Less(t, got, 500, "the sound does not come back")
	}
	require.Equal(t, sound, heard)
}
