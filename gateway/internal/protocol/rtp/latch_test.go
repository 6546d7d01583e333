package rtp_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
)

// play sends a packet every 20 ms until stopped.
func play(p *peer, first int) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := first; ; n++ {
			p.audio(n, 1)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func TestHijackSIP22(t *testing.T) {
	t.Parallel()
	t.Run("SIP-22 RTP hijack from a second source mid-call, SSRC flip", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p, q := newPeer(t, c.addr, 7), newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		q.seq, q.time = p.seq, p.time
		q.audio(200, 10) // the right SSRC, the right numbers, the wrong address
		other := &peer{t: t, conn: p.conn, to: p.to, ssrc: 99}
		p.audio(4, 3)
		other.audio(200, 3) // the right address, another SSRC
		eventually(t, "the rest", func() bool { return len(c.heard()) == 6*160 })
		require.Equal(t, tones(1, 6), c.heard())
		eventually(t, "the others are counted", func() bool { return c.Stats().Rejected == 13 })
		require.Equal(t, tones(1, 6), c.heard())
		q.drain()
		_, ok := q.read(100 * time.Millisecond)
		require.False(t, ok, "audio for the hijacker")
	})
	t.Run("SIP-22 spoofed RTCP BYE", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p, q := newPeer(t, c.addr, 7), newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		bye, err := rtcp.Marshal([]rtcp.Packet{
			&rtcp.ReceiverReport{SSRC: 7}, &rtcp.Goodbye{Sources: []uint32{7}},
		})
		require.NoError(t, err)
		_, err = q.rtcp.WriteToUDPAddrPort(bye, netip.AddrPortFrom(c.addr.Addr(), c.addr.Port()+1))
		require.NoError(t, err)
		eventually(t, "it is counted", func() bool { return c.Stats().Byes == 1 })
		p.audio(4, 3)
		eventually(t, "the stream goes on", func() bool { return len(c.heard()) == 6*160 })
	})
	t.Run("SIP-22 a silent source is given up after 2 s, a restarted one earlier", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		began := time.Now()
		q := newPeer(t, c.addr, 8)
		stop := play(q, 100)
		defer stop()
		eventually(t, "the new source", func() bool { return len(c.heard()) >= 6*160 })
		require.GreaterOrEqual(t, time.Since(began), 1900*time.Millisecond)
		require.Equal(t, tones(1, 3), c.heard()[:480])
		eventually(t, "audio for it", func() bool { _, ok := q.read(time.Second); return ok })
	})
}

func TestFirstSourceSIP09(t *testing.T) {
	t.Parallel()
	t.Run("SIP-09 RTP from another address than the SDP says", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		named, p := newPeer(t, c.addr, 7), newPeer(t, c.addr, 8)
		c.apply(named.remote())
		began := time.Now()
		stop := play(p, 1)
		eventually(t, "the source", func() bool { return len(c.heard()) > 0 })
		stop()
		require.GreaterOrEqual(t, time.Since(began), 450*time.Millisecond, "the named address has precedence")
		eventually(t, "audio for it", func() bool { _, ok := p.read(time.Second); return ok })
		got := c.heard()
		require.Equal(t, tones(1, len(got)/160), got, "nothing of the beginning is lost")
	})
	t.Run("SIP-09 the named address wins within 500 ms", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p, q := newPeer(t, c.addr, 7), newPeer(t, c.addr, 8)
		c.apply(p.remote())
		q.audio(200, 5)
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		require.Equal(t, tones(1, 3), c.heard())
	})
	t.Run("SIP-22 hijack of a caller behind a translation, right at the beginning", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		named, p, q := newPeer(t, c.addr, 7), newPeer(t, c.addr, 8), newPeer(t, c.addr, 8)
		c.apply(named.remote())
		stop := play(p, 1)
		defer stop()
		eventually(t, "the source", func() bool { return len(c.heard()) > 0 })
		q.audio(200, 20)
		eventually(t, "they are counted", func() bool { return c.Stats().Rejected == 20 })
		require.NotContains(t, string(c.heard()), string(tone(200)))
	})
	t.Run("SIP-22 packets out of sequence make no source", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		for range 20 {
			p.audio(1, 2)
			p.seq += 7
		}
		p.audio(9, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		require.Equal(t, tones(9, 3), c.heard())
	})
	t.Run("SIP-22 never an address that is not accepted", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, func(c *rtp.Config) { c.Accept = func(a netip.Addr) bool { return !a.IsLoopback() } })
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 5)
		eventually(t, "they are counted", func() bool { return c.Stats().Rejected == 5 })
		require.Empty(t, c.heard())
	})
}

func TestNoAmplificationSIP21(t *testing.T) {
	t.Parallel()
	t.Run("SIP-21 a victim in the SDP gets nothing", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		victim := newPeer(t, c.addr, 7)
		r := victim.remote()
		r.Trusted = false
		c.apply(r)
		attacker := newPeer(t, c.addr, 8)
		attacker.audio(1, 2)
		_, ok := victim.read(300 * time.Millisecond)
		require.False(t, ok)
	})
	t.Run("SIP-21 no more bytes than came from there", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		r := p.remote()
		r.Trusted = false
		c.apply(r)
		got, sent := 0, 0
		for range 6 { // never in sequence, so never the source
			data := p.packet(0, tone(1)[:60])
			p.seq += 5
			p.send(data)
			sent += len(data)
			if in, ok := p.read(60 * time.Millisecond); ok {
				got += 12 + len(in.Payload)
			}
		}
		require.LessOrEqual(t, got, sent)
		require.NotZero(t, got)
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		for range 10 {
			p.must()
		}
	})
}

func TestHostilePacketsSIP22(t *testing.T) {
	t.Parallel()
	t.Run("SIP-22 garbage is counted and dropped", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		for _, data := range [][]byte{
			{},
			{0x80},
			make([]byte, 12), make([]byte, 1500), make([]byte, 1472),
			append([]byte{0x9F}, p.packet(0, nil)[1:]...), // fifteen sources that are not there
		} {
			p.send(data)
		}
		p.seq--
		p.audio(4, 1)
		eventually(t, "the stream goes on", func() bool { return len(c.heard()) >= 4*160 })
		require.Equal(t, uint64(6), c.Stats().Malformed)
	})
	t.Run("SIP-22 unknown payload types are dropped without a gap", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		c.apply(p.remote())
		p.audio(1, 3)
		p.send(p.packet(13, []byte{30})) // comfort noise
		p.time -= 160
		p.audio(4, 3)
		eventually(t, "the stream", func() bool { return len(c.heard()) == 6*160 })
		require.Equal(t, tones(1, 6), c.heard())
		require.Equal(t, uint64(1), c.Stats().Malformed)
	})
	t.Run("SIP-22 nothing is heard before an answer", func(t *testing.T) {
		t.Parallel()
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		p.audio(1, 5)
		eventually(t, "they are counted", func() bool { return c.Stats().Rejected == 5 })
		require.Empty(t, c.heard())
	})
}

func TestReportAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		c := newCall(t, nil)
		p := newPeer(t, c.addr, 7)
		r := p.remote()
		conn := p.rtcp
		if shared {
			r.Control, conn = r.Addr, p.conn
		}
		c.apply(r)
		p.audio(1, 3)
		eventually(t, "the source", func() bool { return len(c.heard()) == 3*160 })
		ours := p.must().SSRC
		c.Close()
		buf := make([]byte, 2000)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
		for {
			n, err := conn.Read(buf)
			require.NoError(t, err)
			if buf[1] != 200 {
				continue
			}
			packets, err := rtcp.Unmarshal(buf[:n])
			require.NoError(t, err)
			require.Len(t, packets, 3)
			sr := packets[0].(*rtcp.SenderReport)
			require.Equal(t, ours, sr.SSRC)
			require.Equal(t, uint32(7), sr.Reports[0].SSRC)
			require.Equal(t, []uint32{ours}, packets[2].(*rtcp.Goodbye).Sources)
			break
		}
	}
}
