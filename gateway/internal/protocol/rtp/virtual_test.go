package rtp_test

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp/pacer"
)

// wire is a connection in memory, for virtual time: what is written to it comes
// out of the other end, later, unless it is lost.
type wire struct {
	addr  netip.AddrPort
	other *wire
	delay time.Duration
	lose  func(n int) bool // of the packets that are written

	in       chan []byte
	mu       sync.Mutex
	deadline time.Time
	moved    chan struct{} // closed when deadline changes
	written  int
}

// newWires joins two connections.
func newWires(port uint16, delay time.Duration) (a, b *wire) {
	a = &wire{addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port)}
	b = &wire{addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), port)}
	for _, w := range []*wire{a, b} {
		w.delay, w.in, w.moved = delay, make(chan []byte, 1000), make(chan struct{})
	}
	a.other, b.other = b, a
	return a, b
}

func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = t
	close(w.moved)
	w.moved = make(chan struct{})
	return nil
}

func (w *wire) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	w.mu.Lock()
	n := w.written
	w.written++
	w.mu.Unlock()
	if w.lose != nil && w.lose(n) {
		return len(b), nil
	}
	data := append([]byte(nil), b...)
	// Not the reader waits: it holds a mutex, for which virtual time stops.
	time.AfterFunc(w.delay, func() {
		select {
		case w.other.in <- data:
		default: // nobody reads
		}
	})
	return len(b), nil
}

func (w *wire) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		w.mu.Lock()
		deadline, moved := w.deadline, w.moved
		w.mu.Unlock()
		var expired <-chan time.Time
		if !deadline.IsZero() {
			if !time.Now().Before(deadline) {
				return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
			}
			expired = time.After(time.Until(deadline))
		}
		select {
		case data := <-w.in:
			return copy(b, data), w.other.addr, nil
		case <-expired:
		case <-moved:
		}
	}
}

// side is one end of a call in virtual time.
type side struct {
	*rtp.Media
	heard   int        // bytes, fills included
	failed  chan error // of Next
	running sync.WaitGroup
}

func newSide(t *testing.T, p *pacer.Pacer, media, control *wire) *side {
	t.Helper()
	m, err := rtp.New(rtp.Config{RTP: media, RTCP: control, Pacer: p, Format: audio.Mulaw8k})
	require.NoError(t, err)
	s := &side{Media: m, failed: make(chan error, 1)}
	require.NoError(t, m.Apply(rtp.Remote{
		Addr: media.other.addr, Control: control.other.addr, Trusted: true,
		Codec: rtp.PCMU, Events: rtp.NoEvents, Send: true,
	}))
	s.running.Go(func() {
		for {
			in, err := m.Next()
			if err != nil {
				s.failed <- err
				return
			}
			s.heard += len(in.Data)
		}
	})
	s.running.Go(func() {
		_ = m.Play(func(_ time.Time, frame []byte) bool {
			audio.Mulaw8k.Silence(frame)
			return true
		})
	})
	return s
}

func (s *side) end() {
	s.Close()
	s.running.Wait()
}

// TestFiguresOfACallSIP13 is a minute with 5 % loss one way.
func TestFiguresOfACallSIP13(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := pacer.New(1)
		defer p.Close()
		a1, b1 := newWires(4000, 30*time.Millisecond)
		a2, b2 := newWires(4001, 30*time.Millisecond)
		b1.lose = func(n int) bool { return n%20 == 19 } // 5 % of what b sends
		a, b := newSide(t, p, a1, a2), newSide(t, p, b1, b2)
		<-time.After(time.Minute)
		a.end()
		<-time.After(time.Second)
		b.end()
		sa, sb := a.Stats(), b.Stats()
		require.InDelta(t, 3000, sb.Received, 10)
		require.Zero(t, sb.Lost)
		require.InDelta(t, 150, sa.Lost, 2)
		require.InDelta(t, 3*time.Second, sa.Concealed, float64(100*time.Millisecond))
		require.InDelta(t, 60*8000, a.heard, 2000, "the time of what was lost is not")
		require.InDelta(t, 60*time.Millisecond, sa.RoundTrip, float64(time.Millisecond))
		require.InDelta(t, 60*time.Millisecond, sb.RoundTrip, float64(time.Millisecond))
		require.Zero(t, sa.RemoteLost)
		require.InDelta(t, 3.9, sa.MOS, 0.1)
		require.InDelta(t, 4.37, sb.MOS, 0.05)
		require.Equal(t, uint64(1), sb.Byes, "a ended first")
	})
}

func TestSilenceEndsACall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		talks time.Duration
		ends  time.Duration // after that
	}{
		{"never a packet", 0, 30 * time.Second},
		{"no more packets", time.Minute, 15 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := pacer.New(1)
				defer p.Close()
				a1, b1 := newWires(4000, 0)
				a2, b2 := newWires(4001, 0)
				a := newSide(t, p, a1, a2)
				if tt.talks > 0 {
					b := newSide(t, p, b1, b2)
					<-time.After(tt.talks)
					b.end()
				}
				<-time.After(tt.ends - time.Second)
				synctest.Wait()
				require.Empty(t, a.failed)
				<-time.After(3 * time.Second)
				synctest.Wait()
				require.ErrorIs(t, <-a.failed, rtp.ErrTimeout)
				a.end()
			})
		})
	}
}

var _ rtp.Conn = (*net.UDPConn)(nil)
