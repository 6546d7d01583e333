package sipua_test

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
)

// air is a packet connection without a network, so that a whole call follows
// the clock of a bubble. drop decides about every datagram of the server.
type air struct {
	in     chan []byte
	out    func([]byte)
	closed chan struct{}
	once   sync.Once
}

var (
	airServer = netip.MustParseAddrPort("127.0.0.1:5060")
	airPeer   = netip.MustParseAddrPort("127.0.0.1:5999")
)

func (a *air) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case data := <-a.in:
		return copy(b, data), net.UDPAddrFromAddrPort(airPeer), nil
	case <-a.closed:
		return 0, nil, net.ErrClosed
	}
}

func (a *air) WriteTo(b []byte, _ net.Addr) (int, error) {
	a.out(append([]byte(nil), b...))
	return len(b), nil
}

func (a *air) Close() error                     { a.once.Do(func() { close(a.closed) }); return nil }
func (a *air) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(airServer) }
func (a *air) SetDeadline(time.Time) error      { return nil }
func (a *air) SetReadDeadline(time.Time) error  { return nil }
func (a *air) SetWriteDeadline(time.Time) error { return nil }

// bubble runs a test in which every clock is the same and nobody waits.
func bubble(t *testing.T, name string, f func(*testing.T, *rig, *dialog)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			a := &air{in: make(chan []byte, 64), closed: make(chan struct{})}
			p := newPeer(t, "UDP", airPeer, func(b []byte) error { a.in <- append([]byte(nil), b...); return nil })
			a.out = p.take
			r := start(t, options{
				listen: "udp://" + airServer.String(), socket: func() net.PacketConn { return a },
			})
			f(t, r, p.dialog())
			r.Close(canceled(t))
			synctest.Wait()
		})
	})
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// within waits for a message as long as the test says.
func (p *peer) within(d time.Duration) sip.Message {
	p.t.Helper()
	select {
	case m := <-p.in:
		return m
	case <-time.After(d):
		require.FailNow(p.t, "nothing came", "within %s", d)
		return nil
	}
}

// calm requires that nothing comes for a while.
func (p *peer) calm(d time.Duration) {
	p.t.Helper()
	select {
	case m := <-p.in:
		require.FailNow(p.t, "something came", m.String())
	case <-time.After(d):
	}
}

func TestRetransmissionB1(t *testing.T) {
	t.Parallel()
	const lost = "SIP-12 lost 200: again after 0.5, 1, 2, 4, 4 seconds; lost ACK: BYE after 32"
	bubble(t, lost, func(t *testing.T, r *rig, d *dialog) {
		d.say("INVITE", offer)
		begin := time.Now()
		var times []time.Duration
		for {
			switch m := d.within(time.Minute).(type) {
			case *sip.Response:
				require.Equal(t, 200, m.StatusCode)
				times = append(times, time.Since(begin))
				continue
			case *sip.Request:
				require.Equal(t, sip.BYE, m.Method)
				require.Equal(t, 32*time.Second, time.Since(begin))
				d.answer(m, 200)
			}
			break
		}
		want := []time.Duration{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}
		for i := range want {
			want[i] *= time.Millisecond
		}
		require.Equal(t, want, times)
		r.ended(r.call(), sipua.End{Local: true, Cause: sipua.CauseNoACK})
		require.Zero(t, r.Unacked())
		<-time.After(time.Minute)
		require.Zero(t, r.Transactions(), "nothing leaks")
	})
	bubble(t, "SIP-12 the ACK ends it", func(t *testing.T, r *rig, d *dialog) {
		d.say("INVITE", offer)
		res := d.response(200)
		d.response(200)
		d.answered(res)
		d.say("ACK", "")
		d.calm(time.Minute)
		require.Equal(t, 1, r.Calls())
	})
	bubble(t, "SIP-12 our BYE is lost", func(t *testing.T, r *rig, d *dialog) {
		d.establish()
		c := r.call()
		begin := time.Now()
		require.NoError(t, c.Bye(t.Context(), sipua.Goodbye{}))
		require.Equal(t, 32*time.Second, time.Since(begin), "Timer F")
		r.ended(c, sipua.End{Local: true, Cause: sipua.CauseBye})
	})
	bubble(t, "BYE before the ACK waits for it", func(t *testing.T, r *rig, d *dialog) {
		d.say("INVITE", offer)
		d.answered(d.response(200))
		c := r.call()
		said := make(chan error, 1)
		go func() { said <- c.Bye(t.Context(), sipua.Goodbye{}) }()
		d.response(200)
		d.say("ACK", "")
		d.answer(d.request(sip.BYE), 200)
		require.NoError(t, <-said)
	})
	bubble(t, "SIP-12 a duplicated INVITE repeats the answer", func(t *testing.T, r *rig, d *dialog) {
		m := d.message("INVITE", offer)
		d.send(m)
		d.answered(d.response(200))
		d.say("ACK", "")
		d.send(m)
		d.calm(time.Second)
		require.Equal(t, 1, r.Calls())
	})
}

func TestSessionTimer(t *testing.T) {
	t.Parallel()
	bubble(t, "SIP-05 refreshed by us with UPDATE", func(t *testing.T, r *rig, d *dialog) {
		res := d.establish("Allow: INVITE, ACK, BYE, UPDATE")
		require.Equal(t, "1800;refresher=uas", res.GetHeader("session-expires").Value())
		require.Nil(t, res.GetHeader("require"))
		for range 3 {
			begin := time.Now()
			m, ok := d.within(time.Hour).(*sip.Request)
			require.True(t, ok)
			require.Equal(t, sip.UPDATE, m.Method)
			require.Equal(t, 15*time.Minute, time.Since(begin).Round(time.Second))
			require.Equal(t, "1800;refresher=uac", m.GetHeader("session-expires").Value())
			d.answer(m, 200)
		}
	})
	bubble(t, "SIP-05 refreshed by us with a re-INVITE", func(t *testing.T, r *rig, d *dialog) {
		d.establish("Session-Expires: 600;refresher=uas", "Supported: timer")
		m, ok := d.within(time.Hour).(*sip.Request)
		require.True(t, ok)
		require.Equal(t, sip.INVITE, m.Method)
		require.Equal(t, "v=0 offer", string(m.Body()))
		contact := &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: "127.0.0.1", Port: 5999}}
		d.answer(m, 200, contact)
		ack, ok := d.within(time.Second).(*sip.Request)
		require.True(t, ok)
		require.Equal(t, sip.ACK, ack.Method)
		require.Equal(t, m.CSeq().SeqNo, ack.CSeq().SeqNo)
		d.answer(m, 200, contact) // the ACK was lost
		_, ok = d.within(time.Second).(*sip.Request)
		require.True(t, ok)
		require.Equal(t, 1, r.Calls())
	})
	bubble(t, "SIP-05 refreshed by the peer", func(t *testing.T, r *rig, d *dialog) {
		res := d.establish("Session-Expires: 300;refresher=uac", "Supported: timer")
		require.Equal(t, "300;refresher=uac", res.GetHeader("session-expires").Value())
		require.Equal(t, "timer", res.GetHeader("require").Value())
		for range 3 {
			d.calm(200 * time.Second)
			d.say("UPDATE", "", "Session-Expires: 300;refresher=uac", "Supported: timer")
			d.response(200)
		}
	})
	bubble(t, "SIP-05 not refreshed", func(t *testing.T, r *rig, d *dialog) {
		d.establish("Session-Expires: 300", "Supported: timer")
		begin := time.Now()
		m, ok := d.within(time.Hour).(*sip.Request)
		require.True(t, ok)
		require.Equal(t, sip.BYE, m.Method)
		require.Equal(t, 268*time.Second, time.Since(begin).Round(time.Second))
		require.Equal(t, `SIP;cause=408;text="session expired"`, m.GetHeader("reason").Value())
		d.answer(m, 200)
		r.ended(r.call(), sipua.End{Local: true, Cause: sipua.CauseExpired})
	})
	bubble(t, "SIP-05 an interval too small", func(t *testing.T, r *rig, d *dialog) {
		d.say("INVITE", offer, "Session-Expires: 60", "Supported: timer")
		require.Equal(t, "90", d.response(422).GetHeader("min-se").Value())
	})
	bubble(t, "SIP-05 our refresh finds no dialog", func(t *testing.T, r *rig, d *dialog) {
		d.establish("Allow: UPDATE")
		m, ok := d.within(time.Hour).(*sip.Request)
		require.True(t, ok)
		d.answer(m, 481)
		d.answer(d.request(sip.BYE), 481)
		r.ended(r.call(), sipua.End{Local: true, Cause: sipua.CauseExpired})
	})
	bubble(t, "491 to our refresh", func(t *testing.T, r *rig, d *dialog) {
		d.establish("Allow: UPDATE")
		m, ok := d.within(time.Hour).(*sip.Request)
		require.True(t, ok)
		d.answer(m, 491)
		again, ok := d.within(2 * time.Second).(*sip.Request)
		require.True(t, ok)
		require.Equal(t, sip.UPDATE, again.Method)
		require.Greater(t, again.CSeq().SeqNo, m.CSeq().SeqNo)
		d.answer(again, 200)
	})
	bubble(t, "a re-INVITE while ours is pending", func(t *testing.T, r *rig, d *dialog) {
		d.establish("Session-Expires: 600;refresher=uas", "Supported: timer")
		_, ok := d.within(time.Hour).(*sip.Request)
		require.True(t, ok)
		d.say("INVITE", offer)
		for {
			if res, ok := d.within(time.Second).(*sip.Response); ok {
				require.Equal(t, 491, res.StatusCode)
				break
			}
		}
	})
}

func TestTransferTime(t *testing.T) {
	t.Parallel()
	agent := sipua.Transfer{Address: "agents@example.com"}
	for _, c := range []struct {
		name  string
		heard bool
	}{{"SIP-03 no NOTIFY, but the caller is heard", true}, {"SIP-03 no NOTIFY and no caller", false}} {
		bubble(t, c.name, func(t *testing.T, r *rig, d *dialog) {
			d.establish()
			call := r.call()
			result := make(chan error, 1)
			go func() { result <- call.Refer(t.Context(), agent) }()
			d.answer(d.request(sip.REFER), 202)
			d.calm(29 * time.Second)
			if c.heard {
				r.media.mu.Lock()
				r.media.heard = time.Now()
				r.media.mu.Unlock()
				var failed *sipua.TransferError
				require.ErrorAs(t, <-result, &failed)
				require.Equal(t, sipua.TransferTimeout, failed.Reason)
				require.Equal(t, 1, r.Calls())
				return
			}
			require.ErrorIs(t, <-result, sipua.ErrUnconfirmed)
			d.answer(d.request(sip.BYE), 200)
			r.ended(call, sipua.End{Local: true, Cause: sipua.CauseTransferred})
		})
	}
	bubble(t, "SIP-03 the REFER is lost", func(t *testing.T, r *rig, d *dialog) {
		d.establish()
		var failed *sipua.TransferError
		require.ErrorAs(t, r.call().Refer(t.Context(), agent), &failed)
		require.Equal(t, sipua.TransferError{Status: 408, Reason: sipua.TransferRefused}, *failed)
	})
}
