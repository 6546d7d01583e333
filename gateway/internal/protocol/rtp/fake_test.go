package rtp_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	pion "github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func loopbackOf(port uint16) netip.AddrPort { return netip.AddrPortFrom(loopback, port) }

const patience = 10 * time.Second // for what comes at once

// newPair lends two ports of 127.0.0.1.
func newPair(t testing.TB) *port.Pair {
	t.Helper()
	for range 50 {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
		require.NoError(t, err)
		n := c.LocalAddr().(*net.UDPAddr).AddrPort().Port() &^ 1
		require.NoError(t, c.Close())
		pool, err := port.NewPool(loopback, n, n+1)
		require.NoError(t, err)
		if pair, err := pool.Open(); err == nil {
			t.Cleanup(pool.Close)
			return pair
		}
	}
	require.FailNow(t, "no free ports")
	return nil
}

// call is a Media under test with what a session does around it.
type call struct {
	*rtp.Media
	t       testing.TB
	addr    netip.AddrPort
	running sync.WaitGroup

	mu     sync.Mutex
	inputs []rtp.Input
	err    error // of Next
	say    []byte
	frames int
	dues   []time.Time
	ended  chan struct{} // Next failed
}

// newCall starts a call; config may change what it is made of.
func newCall(t testing.TB, config func(*rtp.Config)) *call {
	t.Helper()
	p := pacer.New(1)
	pair := newPair(t)
	c := rtp.Config{Ports: pair, Pacer: p, Format: audio.Mulaw8k}
	if config != nil {
		config(&c)
	}
	m, err := rtp.New(c)
	require.NoError(t, err)
	us := &call{
		Media: m, t: t, addr: netip.AddrPortFrom(loopback, pair.Port()), ended: make(chan struct{}),
	}
	us.running.Go(us.read)
	us.running.Go(func() { _ = m.Play(us.frame) })
	t.Cleanup(func() {
		m.Close()
		us.running.Wait()
		p.Close()
	})
	return us
}

func (c *call) read() {
	defer close(c.ended)
	for {
		in, err := c.Next()
		c.mu.Lock()
		if err != nil {
			c.err = err
			c.mu.Unlock()
			return
		}
		in.Data = slices.Clone(in.Data)
		c.inputs = append(c.inputs, in)
		c.mu.Unlock()
	}
}

// frame gives the pacer what the session says, else silence.
func (c *call) frame(due time.Time, frame []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames++
	c.dues = append(c.dues, due)
	for i := range frame {
		frame[i] = 0xFF
	}
	c.say = c.say[copy(frame, c.say):]
	return true
}

func (c *call) speak(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say = append(c.say, data...)
}

// heard is all audio so far, with fills.
func (c *call) heard() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []byte
	for _, in := range c.inputs {
		all = append(all, in.Data...)
	}
	return all
}

// spoken is heard without silence.
func (c *call) spoken() []byte {
	return slices.DeleteFunc(c.heard(), func(b byte) bool { return b == 0xFF })
}

// keys are all keys so far.
func (c *call) keys() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []byte
	for _, in := range c.inputs {
		if in.Kind == rtp.Digit {
			all = append(all, in.Digit)
		}
	}
	return string(all)
}

func (c *call) apply(r rtp.Remote) {
	c.t.Helper()
	require.NoError(c.t, c.Apply(r))
}

// failure waits for the error of Next.
func (c *call) failure() error {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		require.FailNow(c.t, "Next goes on")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// peer is a bare socket that speaks RTP as a test says.
type peer struct {
	t    testing.TB
	conn *net.UDPConn
	rtcp *net.UDPConn
	to   netip.AddrPort
	ssrc uint32
	seq  uint16
	time uint32
}

func newPeer(t testing.TB, to netip.AddrPort, ssrc uint32) *peer {
	t.Helper()
	pair := newPair(t)
	t.Cleanup(pair.Close)
	return &peer{t: t, conn: pair.RTP, rtcp: pair.RTCP, to: to, ssrc: ssrc, seq: 1000, time: 5000}
}

func (p *peer) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// remote is what the peer's SDP would say.
func (p *peer) remote() rtp.Remote {
	a := p.addr()
	return rtp.Remote{
		Addr: a, Control: netip.AddrPortFrom(a.Addr(), a.Port()+1), Trusted: true,
		Codec: rtp.PCMU, Events: 101, Packet: 20 * time.Millisecond, Send: true,
	}
}

// packet is the next packet of the peer's stream.
func (p *peer) packet(payloadType uint8, payload []byte) []byte {
	data, err := (&pion.Packet{
		Header: pion.Header{
			Version: 2, PayloadType: payloadType, SequenceNumber: p.seq, Timestamp: p.time, SSRC: p.ssrc,
		},
		Payload: payload,
	}).Marshal()
	require.NoError(p.t, err)
	p.seq++
	p.time += 160
	return data
}

func (p *peer) send(data []byte) {
	_, err := p.conn.WriteToUDPAddrPort(data, p.to)
	require.NoError(p.t, err)
}

// audio sends n packets of 20 ms; each sample is the number of the packet,
// counted from first.
func (p *peer) audio(first, n int) {
	for i := range n {
		p.send(p.packet(0, tone(byte(first+i))))
	}
}

// tone is 20 ms of one value.
func tone(v byte) []byte { return slices.Repeat([]byte{v}, 160) }

// tones are so many frames, counted as audio counts them.
func tones(first, n int) (all []byte) {
	for i := range n {
		all = append(all, tone(byte(first+i))...)
	}
	return all
}

// read is the next packet that came to the peer; false if none came in d.
func (p *peer) read(d time.Duration) (*pion.Packet, bool) {
	p.t.Helper()
	buf := make([]byte, 2000)
	require.NoError(p.t, p.conn.SetReadDeadline(time.Now().Add(d)))
	n, err := p.conn.Read(buf)
	if err != nil {
		return nil, false
	}
	got := &pion.Packet{}
	require.NoError(p.t, got.Unmarshal(buf[:n]))
	return got, true
}

// drain drops what came so far.
func (p *peer) drain() {
	for {
		if _, ok := p.read(time.Millisecond); !ok {
			return
		}
	}
}

func (p *peer) must() *pion.Packet {
	p.t.Helper()
	got, ok := p.read(patience)
	require.True(p.t, ok, "no packet came")
	return got
}

// event is the payload of a telephone event.
func event(code byte, end bool, duration uint16) []byte {
	flags := byte(10)
	if end {
		flags |= 0x80
	}
	return binary.BigEndian.AppendUint16([]byte{code, flags}, duration)
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, patience, 2*time.Millisecond, what)
}
