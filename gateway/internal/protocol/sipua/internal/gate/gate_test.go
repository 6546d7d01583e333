package gate_test

import (
	"bytes"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/internal/gate"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

var (
	listed   = netip.MustParseAddr("192.0.2.1")
	stranger = netip.MustParseAddr("203.0.113.1")
	former   = netip.MustParseAddr("203.0.113.2") // has a dialog, is on no list any more
)

type rig struct {
	*gate.Gate
	reasons map[string]int
}

func newRig(trunks ...*trunk.Trunk) *rig {
	set := trunk.NewSet(trunks)
	r := &rig{reasons: map[string]int{}}
	r.Gate = &gate.Gate{
		Trunks:  func() *trunk.Set { return set },
		Known:   func(id string) bool { return id == "dialog" },
		Talks:   func(a netip.Addr) bool { return a == former },
		Parses:  func(data []byte) bool { return !bytes.Contains(data, []byte("unreadable")) },
		Refused: func(reason string) { r.reasons[reason]++ },
		Rate:    100, Burst: 200,
	}
	r.Start()
	return r
}

func withList() *trunk.Trunk {
	return &trunk.Trunk{
		ID: "listed", Tokens: []secret.Value{secret.New("listed")},
		Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
}

func withoutList() *trunk.Trunk {
	return &trunk.Trunk{ID: "open", Tokens: []secret.Value{secret.New("good")}}
}

func request(headers string) []byte {
	return []byte("INVITE sip:va@192.0.2.9 SIP/2.0\r\n" + headers + "\r\n")
}

func TestDatagram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		from   netip.Addr
		data   []byte
		open   bool // a trunk without list exists
		reason string
	}{
		{"a listed source", listed, request(""), false, ""},
		{"SIP-18 an unknown source", stranger, request("x-snc-param: good\r\n"), false, gate.ReasonSource},
		{"SIP-18 an unknown source without token", stranger, request(""), true, gate.ReasonToken},
		{"SIP-18 the token of a trunk with list", stranger, request("x-snc-param: listed\r\n"), true, gate.ReasonToken},
		{"the token", stranger, request("x-snc-param: good\r\nCall-ID: a\r\n"), true, ""},
		{"a wrong token", stranger, request("x-snc-param: bad\r\n"), true, gate.ReasonToken},
		{"the Call-ID of a dialog", stranger, request("Call-ID: dialog\r\n"), true, ""},
		{"a request of a dialog with a source that was on a list", former, request("Call-ID: dialog\r\n"), false, ""},
		{"another request of such a source", former, request("Call-ID: b\r\n"), false, gate.ReasonToken},
		{"a response of a dialog", listed, []byte("SIP/2.0 200 OK\r\nCall-ID: dialog\r\n\r\n"), false, ""},
		{"a response to nothing", listed, []byte("SIP/2.0 200 OK\r\nCall-ID: b\r\n\r\n"), false, gate.ReasonResponse},
		{"SIP-19 B15 a datagram of 60 KB", listed, request(strings.Repeat("a: b\r\n", 10_000)), false, gate.ReasonSize},
		{"no SIP", listed, []byte("GET / HTTP/1.1"), false, gate.ReasonParse},
		{"B7 what the parser refuses", listed, request("Subject: unreadable\r\n"), false, gate.ReasonParse},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			trunks := []*trunk.Trunk{withList()}
			if c.open {
				trunks = append(trunks, withoutList())
			}
			r := newRig(trunks...)
			require.Equal(t, c.reason == "", r.Datagram(c.from, c.data))
			if c.reason != "" {
				require.Equal(t, map[string]int{c.reason: 1}, r.reasons)
			}
		})
	}
}

func TestFollowers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(withoutList())
		require.True(t, r.Datagram(stranger, request("x-snc-param: good\r\nCall-ID: a\r\n")))
		require.True(t, r.Datagram(stranger, request("Call-ID: a\r\n")), "the ACK of a refused INVITE carries no token")
		<-time.After(time.Minute) // the bubble's clock
		require.False(t, r.Datagram(stranger, request("Call-ID: a\r\n")))
	})
}

func TestBan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(withoutList())
		for range 5 {
			require.True(t, r.Peer(stranger))
			require.False(t, r.Datagram(stranger, request("x-snc-param: bad\r\n")))
		}
		good := request("x-snc-param: good\r\nCall-ID: a\r\n")
		require.False(t, r.Datagram(stranger, good))
		require.False(t, r.Peer(stranger))
		require.Equal(t, 1, r.Banned())
		require.Equal(t, map[string]int{gate.ReasonToken: 5, gate.ReasonBanned: 2}, r.reasons)
		<-time.After(61 * time.Second) // the bubble's clock
		require.True(t, r.Datagram(stranger, good))
		require.Zero(t, r.Banned())
		for range 20 { // anybody can write another's address into a datagram
			require.False(t, r.Datagram(stranger, request("x-snc-param: bad\r\n")))
		}
		require.True(t, r.Datagram(stranger, good), "a source that showed the token is not banned")
	})
}

func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(withList())
		admitted := 0
		for range 1000 {
			if r.Datagram(listed, request("")) {
				admitted++
			}
		}
		require.Equal(t, 200, admitted, "SIP-17: the burst of one source")
		require.True(t, r.Datagram(listed.Next(), request("")), "SIP-17: another source is not affected")
		<-time.After(time.Second) // the bubble's clock
		require.True(t, r.Datagram(listed, request("")))
	})
}

func TestMessage(t *testing.T) {
	t.Parallel()
	r := newRig(withList())
	require.True(t, r.Peer(listed))
	require.False(t, r.Peer(stranger))
	require.Equal(t, gate.Admit, r.Message(listed, request("")))
	require.Equal(t, gate.Unwanted, r.Message(stranger, request("")))
	require.Equal(t, gate.Drop, r.Message(listed, []byte("SIP/2.0 200 OK\r\n\r\n")))
	open := newRig(withoutList())
	require.Equal(t, gate.Unwanted, open.Message(stranger, request("")))
	require.Equal(t, gate.Unreadable, r.Message(listed, request("a: unreadable\r\n")))
}

// Not parallel: it measures the heap.
func TestFloodB2(t *testing.T) { //nolint:paralleltest // see above
	r := newRig(withoutList())
	data := request("x-snc-param: guess\r\nCall-ID: a\r\n")
	a := netip.MustParseAddr("127.0.0.1")
	step := func(n int) {
		for range n {
			require.False(t, r.Datagram(a, data))
			a = a.Next()
		}
	}
	step(12_000) // the memory of sources is full
	before := heap()
	step(60_000)
	require.Less(t, heap(), before+(8<<20), "SIP-17: the heap does not grow with the number of sources")
	runtime.KeepAlive(r)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkStranger(b *testing.B) {
	r := newRig(withoutList())
	data := request("x-snc-param: guess\r\nCall-ID: a\r\n")
	b.ReportAllocs()
	for b.Loop() {
		r.Datagram(stranger, data)
	}
}
