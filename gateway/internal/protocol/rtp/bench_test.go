package rtp_test

import (
	"encoding/binary"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// variants are the ways of a packet that are measured.
var variants = []struct {
	name  string
	codec rtp.Codec
	suite sdes.Suite
}{
	{"PCMU", rtp.PCMU, 0},
	{"PCMA transcoded", rtp.PCMA, 0},
	{"G.722 transcoded", rtp.G722, 0},
	{"PCMU AEAD_AES_128_GCM", rtp.PCMU, sdes.GCM128},
	{"PCMU AES_CM_128_HMAC_SHA1_80", rtp.PCMU, sdes.AESCM},
}

// idle is a call that no goroutine serves.
func idle(b *testing.B, c rtp.Codec, s sdes.Suite) (*rtp.Media, *peer, sdes.Key) {
	b.Helper()
	pair := newPair(b)
	m, err := rtp.New(rtp.Config{Ports: pair, Format: audio.Mulaw8k})
	require.NoError(b, err)
	b.Cleanup(m.Close)
	p := newPeer(b, loopbackOf(pair.Port()), 7)
	r := p.remote()
	r.Codec = c
	var key sdes.Key
	if s != 0 {
		key = sdes.NewKey(s)
		r.Encrypt, r.Decrypt = key, key
	}
	require.NoError(b, m.Apply(r))
	return m, p, key
}

// BenchmarkReceive is a packet on its way in, but for the system call: source,
// SRTP, order, decoding. With SRTP the sealing of the packet is in it.
func BenchmarkReceive(b *testing.B) {
	for _, v := range variants {
		b.Run(v.name, func(b *testing.B) {
			m, p, key := idle(b, v.codec, v.suite)
			now, heard := time.Now(), 0
			plain := p.packet(v.codec.PayloadType, tone(1))
			data := plain
			seal := func() {}
			if v.suite != 0 {
				c, err := key.Context()
				require.NoError(b, err)
				var header pion.Header
				var buf []byte
				seal = func() {
					var err error
					if buf, err = c.EncryptRTP(buf[:0], plain, &header); err != nil {
						b.Fatal(err)
					}
					data = buf
				}
			}
			seq, at := uint16(1000), uint32(5000)
			b.ReportAllocs()
			for b.Loop() {
				binary.BigEndian.PutUint16(plain[2:], seq)
				binary.BigEndian.PutUint32(plain[4:], at)
				seq, at, now = seq+1, at+160, now.Add(20*time.Millisecond)
				seal()
				m.Feed(now, data, p.addr(), func(in rtp.Input) { heard += len(in.Data) })
			}
			require.Equal(b, b.N*160, heard)
		})
	}
}

// BenchmarkSend is a tick of the pacer: encoding, SRTP, and the system call.
func BenchmarkSend(b *testing.B) {
	for _, v := range variants {
		b.Run(v.name, func(b *testing.B) {
			m, _, _ := idle(b, v.codec, v.suite)
			require.NoError(b, m.Start(func(time.Time, []byte) bool { return true }))
			due := time.Now()
			b.ReportAllocs()
			for b.Loop() {
				due = due.Add(20 * time.Millisecond)
				m.Tick(due)
			}
			require.Equal(b, uint64(b.N), m.Stats().Sent)
		})
	}
}
