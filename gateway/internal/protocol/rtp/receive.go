package rtp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	pion "github.com/pion/rtp"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/dtmf"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/jitter"
)

const (
	// maxPacket is the longest packet that is read; one that fills it may have
	// been cut.
	maxPacket = 1500
	minPacket = 12
	// firstMedia is how long the peer may take to send anything, nextMedia how
	// long it may be silent later, unless Config says otherwise.
	firstMedia = 30 * time.Second
	nextMedia  = 15 * time.Second
	// check is how often the reader looks at these, unless they are shorter.
	check = time.Second
)

// Kinds of packets in the jitter buffer.
const (
	kindOther uint8 = iota
	kindAudio
	kindEvents
)

// receiver is what the goroutine of Next owns.
type receiver struct {
	buf    [maxPacket]byte
	now    time.Time
	armed  time.Time // deadline of the socket
	began  time.Time
	heard  time.Time // when media came last, or its absence was excused
	remote *agreed
	latch  latch
	secret keyring
	packet pion.Packet
	order  *jitter.Buffer
	digits dtmf.Receiver
	decoder

	// The packet that goes on, and what is missing before it, in ticks.
	due         jitter.Packet
	lost, pause uint32
	full        bool

	concealed time.Duration
	played    played // as published
}

func newReceiver(accept func(netip.Addr) bool) receiver {
	return receiver{latch: latch{accept: accept}, order: jitter.New(PCMU.ClockRate)}
}

// read waits for a packet and takes it, or for the moment at which something
// is due without one.
func (m *Media) read() error {
	r := &m.in
	m.publish()
	m.busy.Lock()
	if err := m.arm(); err != nil || len(m.told) > 0 {
		m.busy.Unlock()
		return err
	}
	n, from, err := m.RTP.ReadFromUDPAddrPort(r.buf[:])
	m.busy.Unlock()
	r.now = time.Now()
	switch {
	case m.isClosed():
		return net.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		r.armed = time.Time{}
		return nil
	case err != nil:
		return fmt.Errorf("read media: %w", err)
	}
	m.renew()
	m.take(r.buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	return r.secret.fault(r.now)
}

// arm sets the deadline of the socket, if the one it has does not do, and looks
// whether media came in time.
func (m *Media) arm() error {
	r := &m.in
	if m.isClosed() {
		return net.ErrClosed
	}
	if r.now.IsZero() {
		r.now = time.Now()
		r.began = r.now
	}
	until := r.armed
	if pause := min(check, m.FirstMedia, m.NextMedia); until.Sub(r.now) < pause {
		m.renew()
		if r.overdue(m.FirstMedia, m.NextMedia) {
			return ErrTimeout
		}
		until = r.now.Add(2 * pause)
	}
	if gap := r.order.Deadline(); !gap.IsZero() && gap.Before(until) {
		until = gap
	}
	if until.Equal(r.armed) {
		return nil
	}
	r.armed = until
	if err := m.RTP.SetReadDeadline(until); err != nil {
		return fmt.Errorf("read media: %w", err)
	}
	if m.isClosed() { // Close may have set its deadline before this one
		return net.ErrClosed
	}
	return nil
}

// overdue reports whether the peer has been silent too long.
func (r *receiver) overdue(first, next time.Duration) bool {
	switch {
	case r.remote == nil || r.remote.Hold:
		r.began, r.heard = r.now, r.now
		return false
	case r.latch.held:
		return r.now.Sub(r.heard) > next
	}
	return r.now.Sub(r.began) > first
}

// renew takes over what was agreed since the last packet.
func (m *Media) renew() {
	r := &m.in
	now := m.remote.Load()
	if now == r.remote {
		return
	}
	before := r.remote
	r.remote = now
	r.latch.name(r.now, now.Addr)
	r.heard = r.now
	if before == nil {
		r.began = r.now
	}
	if before == nil || before.Codec != now.Codec {
		r.order.SetRate(now.Codec.ClockRate)
		r.decoder.set(now, m.Format)
	}
	if before == nil || !before.Decrypt.Equal(now.Decrypt) {
		r.secret.next = now.open
	}
}

// take looks at a packet: the cheapest checks first.
func (m *Media) take(data []byte, from netip.AddrPort) {
	r := &m.in
	switch {
	case len(data) < minPacket || len(data) == maxPacket || data[0]>>6 != 2:
		m.count(func(c *counts) { c.malformed++ })
		return
	case data[1] >= 192 && data[1] <= 223: // RFC 5761 section 4
		if r.remote != nil && r.remote.muxed() {
			m.control(r.now, from, data)
			return
		}
		m.count(func(c *counts) { c.malformed++ })
		return
	case r.remote == nil:
		m.count(func(c *counts) { c.rejected++ })
		return
	}
	ssrc, seq := binary.BigEndian.Uint32(data[8:]), binary.BigEndian.Uint16(data[2:])
	v := r.latch.judge(r.now, from, ssrc)
	if v == refuse {
		m.count(func(c *counts) { c.rejected++ })
		return
	}
	plain, err := r.secret.open(r.now, data, from == r.remote.Addr || v == sure, r.remote.secure())
	if err != nil {
		m.count(func(c *counts) { c.unproven++ })
		return
	}
	if v == sure {
		m.accept(plain)
		return
	}
	if from == r.remote.Addr && !r.latch.held && m.credit.Load() < maxPacket { // little is saved up
		m.credit.Add(int64(len(data)))
	}
	if c, ok := r.latch.offer(r.now, from, ssrc, seq, plain); ok {
		m.settle(c)
	}
}

// settle takes what came so far from the source that is now the peer's.
func (m *Media) settle(c *candidate) {
	r := &m.in
	if m.begin(c.ssrc) {
		r.order.Reset()
		r.digits.Reset()
	}
	m.latched.Store(&source{addr: c.addr, sdp: r.remote.Addr})
	for rest := c.kept; len(rest) > 2; {
		n := int(rest[0])<<8 | int(rest[1])
		m.accept(rest[2 : 2+n])
		rest = rest[2+n:]
	}
	r.latch.forget()
}

// accept takes a packet of the peer's stream.
func (m *Media) accept(plain []byte) {
	r := &m.in
	if err := r.packet.Unmarshal(plain); err != nil {
		m.count(func(c *counts) { c.malformed++ })
		return
	}
	r.latch.last, r.heard = r.now, r.now
	p := jitter.Packet{
		Seq: r.packet.SequenceNumber, Time: r.packet.Timestamp, Payload: r.packet.Payload,
	}
	switch r.packet.PayloadType {
	case r.remote.Codec.PayloadType:
		p.Kind, p.Length = kindAudio, r.remote.Codec.ticks(len(p.Payload))
	case r.remote.Events:
		p.Kind = kindEvents
	}
	r.order.Push(r.now, p)
	c := &m.ctl
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received++
	c.reception.Packet(p.Seq)
	switch p.Kind {
	case kindAudio:
		c.reception.Audio(r.now, p.Time, r.remote.Codec.ClockRate)
	case kindOther:
		c.malformed++
	}
}

// count changes figures that the reader shares.
func (m *Media) count(change func(*counts)) {
	m.ctl.mu.Lock()
	defer m.ctl.mu.Unlock()
	change(&m.ctl.counts)
}
