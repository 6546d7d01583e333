package bench_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/sdes"
)

// talker is a caller over RTP: it sends a packet every 20 ms and counts what
// comes back by the numbers of those packets, whoever made them.
type talker struct {
	conn   *net.UDPConn
	seal   *srtp.Context // nil without SRTP
	header pion.Header
	plain  []byte
	sealed []byte
	seq    uint16
	silent atomic.Bool
	count  *atomic.Bool // counting has begun

	sent, heard, missing atomic.Int64
	last                 uint16
	begun                bool
}

func newTalker(t testing.TB, port uint16, ssrc uint32, secure bool, count *atomic.Bool) *talker {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, port)))
	require.NoError(t, err)
	k := &talker{conn: conn, plain: make([]byte, 12+160), count: count}
	k.plain[0] = 0x80
	binary.BigEndian.PutUint32(k.plain[8:], ssrc)
	if secure {
		line, err := sdes.Parse(benchCrypto)
		require.NoError(t, err)
		k.seal, err = line.Key.Context()
		require.NoError(t, err)
	}
	return k
}

// Tick implements pacer.Ticker.
func (k *talker) Tick(time.Time) bool {
	if k.silent.Load() {
		return false
	}
	k.seq++
	binary.BigEndian.PutUint16(k.plain[2:], k.seq)
	binary.BigEndian.PutUint32(k.plain[4:], uint32(k.seq)*160)
	data := k.plain
	if k.seal != nil {
		var err error
		if k.sealed, err = k.seal.EncryptRTP(k.sealed[:0], k.plain, &k.header); err != nil {
			return false
		}
		data = k.sealed
	}
	if _, err := k.conn.Write(data); err == nil && k.count.Load() {
		k.sent.Add(1)
	}
	return true
}

// listen counts until the socket is closed.
func (k *talker) listen() {
	buf := make([]byte, 1500)
	for {
		n, err := k.conn.Read(buf)
		if err != nil {
			return
		}
		if n < 12 {
			continue
		}
		seq := binary.BigEndian.Uint16(buf[2:])
		if k.count.Load() {
			k.heard.Add(1)
			if gap := int16(seq - k.last - 1); k.begun && gap > 0 {
				k.missing.Add(int64(gap))
			}
		}
		k.last, k.begun = seq, true
	}
}

// talkers are all callers of a run.
type talkers struct {
	all     []*talker
	pace    *pacer.Pacer
	hearing sync.WaitGroup
	count   atomic.Bool
}

func newTalkers(t testing.TB, ports []uint16, secure bool) *talkers {
	t.Helper()
	c := &talkers{pace: pacer.New(1)}
	for i, p := range ports {
		k := newTalker(t, p, uint32(i+1), secure, &c.count)
		c.all = append(c.all, k)
		c.hearing.Go(k.listen)
		require.NoError(t, c.pace.Add(k))
	}
	return c
}

// ports are those of both sides.
func (c *talkers) ports() map[uint16]bool {
	all := map[uint16]bool{}
	for _, k := range c.all {
		for _, a := range []net.Addr{k.conn.LocalAddr(), k.conn.RemoteAddr()} {
			all[a.(*net.UDPAddr).AddrPort().Port()] = true
		}
	}
	return all
}

// stop ends the sending, waits for what is on its way, and gives the sums.
func (c *talkers) stop() (sent, heard, missing int64) {
	c.count.Store(false)
	for _, k := range c.all {
		k.silent.Store(true)
	}
	c.pace.Close()
	for _, k := range c.all {
		_ = k.conn.Close()
	}
	c.hearing.Wait()
	for _, k := range c.all {
		sent, heard, missing = sent+k.sent.Load(), heard+k.heard.Load(), missing+k.missing.Load()
	}
	return sent, heard, missing
}
