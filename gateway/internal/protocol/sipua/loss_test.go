package sipua_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// TestLoss loses signalling both ways.
func TestLoss(t *testing.T) {
	t.Parallel()
	for _, percent := range []int{5, 10, 20} {
		t.Run(fmt.Sprintf("SIP-12 %d %% of the signalling is lost", percent), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { lossy(t, percent) })
		})
	}
}

const lossyCalls = 40

func lossy(t *testing.T, percent int) {
	t.Helper()
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(1, uint64(percent))) //nolint:gosec // a test that repeats
	lost := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return dice.IntN(100) < percent
	}
	a := &air{in: make(chan []byte, 64), closed: make(chan struct{})}
	calls := make(map[string]*peer, lossyCalls)
	a.out = func(b []byte) {
		m, err := sip.ParseMessage(b)
		if err == nil && !lost() {
			calls[m.CallID().Value()].in <- m
		}
	}
	r := start(t, options{listen: "udp://" + airServer.String(), socket: func() net.PacketConn { return a }})
	var dialogs []*dialog
	for range lossyCalls {
		p := newPeer(t, "UDP", airPeer, func(b []byte) error {
			if !lost() {
				a.in <- append([]byte(nil), b...)
			}
			return nil
		})
		d := p.dialog()
		calls[d.callID] = p
		dialogs = append(dialogs, d)
	}
	var all sync.WaitGroup
	for _, d := range dialogs {
		all.Go(d.patiently)
	}
	all.Wait()
	<-time.After(64 * time.Second) // 64·T1 of the last ACK, and of the BYE after it
	require.Zero(t, r.Calls())
	require.Zero(t, r.Unacked())
	require.Zero(t, r.Transactions())
	r.Close(canceled(t))
	synctest.Wait()
}

// patiently makes a call and repeats what is lost, as a telephone does.
func (d *dialog) patiently() {
	res, ok := d.repeat(d.message("INVITE", offer), sip.INVITE)
	if !ok {
		return
	}
	d.answered(res)
	invite := d.seq
	ack := func() {
		d.seq = invite
		d.say("ACK", "")
	}
	ack()
	for quiet := time.After(5 * time.Second); quiet != nil; {
		select {
		case m := <-d.in:
			if r, isRequest := m.(*sip.Request); isRequest {
				d.answer(r, 200) // BYE: no ACK came through
				return
			}
			ack()
		case <-quiet:
			quiet = nil
		}
	}
	d.seq = invite
	d.repeat(d.message("BYE", ""), sip.BYE)
}

// repeat sends a request until its final response comes, for 64·T1 at most.
func (d *dialog) repeat(m string, method sip.RequestMethod) (*sip.Response, bool) {
	end := time.After(32 * time.Second)
	for pause := 500 * time.Millisecond; ; pause = min(2*pause, 4*time.Second) {
		d.send(m)
		again := time.After(pause)
		for waiting := true; waiting; {
			select {
			case in := <-d.in:
				res, ok := in.(*sip.Response)
				if ok && res.StatusCode >= 200 && res.CSeq().MethodName == method {
					return res, true
				}
				if r, ok := in.(*sip.Request); ok {
					d.answer(r, 481)
				}
			case <-again:
				waiting = false
			case <-end:
				return nil, false
			}
		}
	}
}
