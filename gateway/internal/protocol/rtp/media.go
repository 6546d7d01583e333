package rtp

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/port"
)

// maxTold bounds the keys of the signalling that wait for Next.
const maxTold = 32

// Conn is what packets come and go through, as *net.UDPConn has it. A deadline
// ends a read that is under way.
type Conn interface {
	ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (n int, err error)
	SetReadDeadline(t time.Time) error
}

// Config is what a Media is made of.
type Config struct {
	Ports *port.Pair // given back by Close
	// RTP and RTCP stand for Ports where those are nil: another transport, which
	// the Media leaves open. Without RTCP there are no reports.
	RTP, RTCP Conn
	Pacer     *pacer.Pacer // shared by all
	// Format is that of both directions towards the session, whatever codec
	// is, or will be, agreed with the peer.
	Format audio.Format
	// Accept says which addresses media may come from, besides those that the
	// latch allows; nil is any. A trunk on the internet accepts no private ones.
	Accept func(netip.Addr) bool
	// FirstMedia and NextMedia are how long the peer may take to send anything,
	// and how long it may be silent later; zero is 30 s and 15 s. A peer on hold
	// may be silent for ever.
	FirstMedia, NextMedia time.Duration
}

// Media is the media of one call. Next is called by one goroutine and Play by
// one other; the other methods by any.
type Media struct {
	Config

	remote  atomic.Pointer[agreed]
	latched atomic.Pointer[source]
	credit  atomic.Int64 // bytes that may be sent to a peer that is not trusted
	told    chan byte    // keys of the signalling
	closed  chan struct{}
	once    sync.Once
	reading sync.WaitGroup // the reader of RTCP
	busy    sync.Mutex     // held while Next uses the socket

	in  receiver // belongs to the goroutine of Next
	out sender
	ctl control
}

// source is where media was found to come from, when the peer said sdp.
type source struct{ addr, sdp netip.AddrPort }

// New makes a Media. It neither sends nor accepts anything before Apply, and
// must be closed.
func New(c Config) (*Media, error) {
	if err := c.Format.Validate(); err != nil {
		return nil, fmt.Errorf("media: %w", err)
	}
	var random [20]byte
	_, _ = rand.Read(random[:]) // never fails, crypto/rand
	if c.Ports != nil {
		c.RTP, c.RTCP = c.Ports.RTP, c.Ports.RTCP
	}
	if c.RTP == nil {
		return nil, errors.New("media: neither ports nor a connection")
	}
	m := &Media{Config: c, told: make(chan byte, maxTold), closed: make(chan struct{})}
	if m.FirstMedia == 0 {
		m.FirstMedia = firstMedia
	}
	if m.NextMedia == 0 {
		m.NextMedia = nextMedia
	}
	m.in = newReceiver(c.Accept)
	m.out.ssrc = binary.BigEndian.Uint32(random[:])
	m.out.seq = binary.BigEndian.Uint16(random[4:]) >> 1 // no wrap at once, RFC 3711 section 3.3.1
	m.out.time = binary.BigEndian.Uint32(random[6:])
	m.out.cname = base64.RawURLEncoding.EncodeToString(random[10:])
	if c.RTCP != nil {
		m.reading.Go(m.listen)
	}
	return m, nil
}

// Apply takes what was agreed with the peer, at first and whenever it changes.
// Our own stream goes on: one source, one sequence, one clock for the whole
// call. After an error nothing has changed.
func (m *Media) Apply(r Remote) error {
	a, err := agree(r, m.Format)
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	m.remote.Store(a)
	return nil
}

// Digit takes a key that came in the signalling. It comes out of Next unless it
// is one that came as a telephone event, too. Keys beyond a few that nobody
// fetches are lost.
func (m *Media) Digit(key byte) {
	select {
	case m.told <- key:
		m.wake()
	default:
	}
}

// SendDigits sends keys as telephone events. Audio waits meanwhile.
func (m *Media) SendDigits(digits string) error {
	if r := m.remote.Load(); r == nil || r.Events == NoEvents {
		return errNoEvents
	}
	m.out.mu.Lock()
	defer m.out.mu.Unlock()
	if err := m.out.digits.Queue(digits); err != nil {
		return fmt.Errorf("send keys: %w", err)
	}
	return nil
}

// Play asks for a frame of Format every 20 ms, and sends it if the peer wants
// audio, until fill answers false or the Media is closed; then it fails with
// net.ErrClosed. fill must not block.
func (m *Media) Play(fill func(due time.Time, frame []byte) bool) error {
	if m.isClosed() {
		return fmt.Errorf("play: %w", net.ErrClosed)
	}
	done, err := m.out.start(fill, m.Format)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	defer m.out.stop()
	if err := m.Pacer.Add(clock{m}); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	select {
	case <-done:
		return nil
	case <-m.closed:
		return fmt.Errorf("play: %w", net.ErrClosed)
	}
}

// Close says goodbye to the peer, ends Next and Play and gives the ports back.
func (m *Media) Close() {
	m.once.Do(func() {
		close(m.closed)
		m.farewell()
		m.wake()
		if m.RTCP != nil {
			_ = m.RTCP.SetReadDeadline(time.Now())
		}
		m.reading.Wait()
		// Whoever drains the ports sets deadlines of its own, which nobody may
		// wait for.
		m.busy.Lock()
		defer m.busy.Unlock()
		if m.Ports != nil {
			m.Ports.Close()
		}
	})
}

func (m *Media) isClosed() bool {
	select {
	case <-m.closed:
		return true
	default:
		return false
	}
}

// wake ends a read of Next.
func (m *Media) wake() { _ = m.RTP.SetReadDeadline(time.Now()) }

// clock is the Media as the pacer sees it.
type clock struct{ m *Media }

// Tick implements pacer.Ticker.
func (c clock) Tick(due time.Time) bool { return c.m.tick(due) }

var _ pacer.Ticker = clock{}

// errNoEvents is the error of SendDigits for a peer that takes none.
var errNoEvents = errors.New("send keys: the peer takes no telephone events")
