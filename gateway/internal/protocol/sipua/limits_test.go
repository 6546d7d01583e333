package sipua_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

func TestLimitsB4(t *testing.T) {
	t.Parallel()
	t.Run("SIP-17 calls without ACK", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{edit: func(c *sipua.Config) { c.MaxUnacked = 3 }})
		p := r.dial(sipua.UDP)
		refused := 0
		for range 10 {
			d := p.dialog()
			d.say("INVITE", offer)
			for {
				res, ok := p.finalOf(d.callID)
				if ok && res.StatusCode == 503 {
					require.NotNil(t, res.GetHeader("retry-after"))
					refused++
				}
				if ok {
					break
				}
			}
		}
		require.Equal(t, 7, refused)
		require.Equal(t, 3, r.Unacked())
	})
	t.Run("more calls than the cap", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{edit: func(c *sipua.Config) { c.MaxCalls = 2 }})
		p := r.dial(sipua.TCP)
		for i := range 3 {
			d := p.dialog()
			if i < 2 {
				d.establish()
				continue
			}
			d.say("INVITE", offer)
			require.Equal(t, "5", d.response(503).GetHeader("retry-after").Value())
		}
		require.Equal(t, 2, r.Calls())
		require.Equal(t, []string{sipua.ReasonCap}, r.reasons())
	})
	t.Run("draining", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{})
		d := r.dial(sipua.TCP).dialog()
		d.establish()
		c := r.call()
		require.True(t, r.Ready())
		r.Drain()
		require.False(t, r.Ready())
		other := d.peer.dialog()
		other.say("INVITE", offer)
		other.response(503)
		other = d.peer.dialog()
		other.say("OPTIONS", "")
		require.NotNil(t, other.response(503).GetHeader("retry-after"))
		d.say("BYE", "")
		d.response(200)
		r.ended(c, sipua.End{Cause: sipua.CauseBye})
	})
	t.Run("what still runs at the end is told so", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{})
		d := r.dial(sipua.TCP).dialog()
		d.establish()
		r.call()
		go r.Close(context.WithoutCancel(t.Context()))
		bye := d.request("BYE")
		require.Contains(t, bye.GetHeader("reason").Value(), "drain_timeout")
		d.answer(bye, 200)
	})
	t.Run("an acceptor that decides nothing", func(t *testing.T) {
		t.Parallel()
		r := start(t, options{accept: func(context.Context, *sipua.Call) {}})
		d := r.dial(sipua.UDP).dialog()
		d.say("INVITE", offer)
		d.response(503)
	})
}

func TestFloodOfOneSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from string
		answered   bool
	}{
		{"SIP-17 INVITEs of one known source", "127.0.0.2", true},
		{"SIP-17 INVITEs of an unknown source", "127.1.0.2", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			near := listed()
			near.Sources = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/24")}
			far := open()
			far.Tokens = []secret.Value{secret.New("vsp_open")}
			r := start(t, options{trunks: []*trunk.Trunk{near, far}, edit: func(c *sipua.Config) { c.Burst, c.Rate = 100, 100 }})
			d := r.dial(sipua.UDP).dialog()
			d.establish()
			flood := r.dialFrom(sipua.UDP, c.from)
			for range 4000 {
				other := flood.dialog()
				other.uri = "sip:+15550000000@127.0.0.1"
				other.say("INVITE", offer)
			}
			other := d.peer.dialog()
			other.establish()
			d.say("BYE", "")
			d.response(200)
			require.Equal(t, c.answered, len(flood.in) > 0)
			require.Less(t, r.Transactions(), int64(500))
		})
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	r := start(t, options{})
	p := r.dial(sipua.UDP)
	for _, c := range []struct {
		name, headers string
		stream        bool
	}{
		{"SIP-19 500 Via in a datagram", strings.Repeat("Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n", 500), false},
		{"SIP-19 a datagram of 60 KB", "Subject: " + strings.Repeat("a", 60_000) + "\r\n", false},
		{"SIP-19 500 Via in a stream", strings.Repeat("Via: SIP/2.0/TCP a;branch=z9hG4bK1\r\n", 500), true},
		{"SIP-19 a header of 64 KB", "Subject: " + strings.Repeat("a", 64<<10) + "\r\n", true},
		{"SIP-19 a length of -1", "l: -1\r\n", true},
		{"SIP-19 a length of 2e9", "l: 2000000000\r\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := p
			if c.stream {
				to = r.dial(sipua.TCP)
			}
			m := to.dialog().message("OPTIONS", "")
			_ = to.write([]byte(strings.Replace(m, "\r\n", "\r\n"+c.headers, 1))) // the server may close at once
			p.alive(r, sipua.UDP)
		})
	}
}

func TestRemovedTrunk(t *testing.T) {
	t.Parallel()
	both(t, "a call outlives its trunk, until the other side ends it", func(t *testing.T, transport sipua.Transport) {
		var now atomic.Pointer[trunk.Set]
		now.Store(trunk.NewSet([]*trunk.Trunk{listed()}))
		r := start(t, options{edit: func(c *sipua.Config) { c.Trunks = now.Load }})
		d := r.dial(transport).dialog()
		d.establish()
		c := r.call()
		now.Store(trunk.NewSet(nil))
		other := d.peer.dialog()
		other.say("INVITE", offer)
		other.silent()
		d.say("BYE", "")
		d.response(200)
		r.ended(c, sipua.End{Cause: sipua.CauseBye})
	})
}

func TestManyViaB8(t *testing.T) {
	t.Parallel()
	r := start(t, options{})
	d := r.dial(sipua.UDP).dialog()
	var vias []string
	for i := range 15 {
		vias = append(vias, fmt.Sprintf("Via: SIP/2.0/UDP proxy%d.example.com;branch=z9hG4bK%s", i, strings.Repeat("b", 80)))
	}
	d.say("OPTIONS", "", vias...)
	require.Len(t, d.response(200).GetHeaders("via"), 16)
}

func TestSocketComesBackB3(t *testing.T) {
	t.Parallel()
	r := start(t, options{})
	p := r.dial(sipua.UDP)
	p.alive(r, sipua.UDP)
	before, _ := r.Address(sipua.UDP)
	r.BreakUDP()
	for attempt := 0; ; attempt++ {
		require.Less(t, attempt, 20, "the listener comes back")
		d := r.dial(sipua.UDP).dialog() // the old one may have learned that nobody listens
		d.say("OPTIONS", "")
		if _, ok := d.finalOf(d.callID); ok {
			break
		}
	}
	after, _ := r.Address(sipua.UDP)
	require.Equal(t, before, after)
	require.True(t, r.Ready())
}
