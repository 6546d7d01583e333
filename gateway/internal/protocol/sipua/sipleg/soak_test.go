package sipleg_test

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/rtp"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// floodStandard is the flood of every test run; `make soak` sends 500,000.
const (
	floodStandard = 30_000
	fromEach      = 50 // datagrams of one source
)

// TestSoakFlood sends datagrams from sources all over the loopback network to an
// endpoint that takes calls from anywhere, while a call goes on.
func TestSoakFlood(t *testing.T) { //nolint:paralleltest // it measures the heap
	n := floodStandard
	if s := os.Getenv("VA_SOAK_FLOOD"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	r := startTrunk(t, sipleg.Ways{}, &trunk.Trunk{
		Kind: "sip", ID: "chn_open", Active: true, Tokens: []secret.Value{secret.New(token)},
	})
	p := r.dial(r.config(sipua.UDP))
	speak(t, p)
	playing := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		playing <- p.Media().Play(func(_ time.Time, frame []byte) bool {
			select {
			case <-stop:
				return false
			default:
				frame[0] = 0x2A
				return true
			}
		})
	}()
	listening := make(chan int, 1)
	go func() {
		heard := 0
		for {
			in, err := p.Media().Next()
			if err != nil {
				listening <- heard
				return
			}
			if in.Kind == rtp.Audio {
				heard++
			}
		}
	}()
	flood(t, r, 2*fromEach*10_000/100) // the memory of sources begins to fill
	before, begun := heap(), time.Now()
	flood(t, r, n)
	took := time.Since(begun)
	after := heap()
	t.Logf("%d datagrams of %d sources in %s, heap %d KiB, then %d KiB", n, n/fromEach, took.Round(time.Millisecond),
		before>>10, after>>10)
	require.Less(t, after, before+(8<<20), "SIP-17: the heap does not grow")

	require.Equal(t, 1, r.Calls(), "SIP-17: the call goes on")
	close(stop)
	require.NoError(t, <-playing)
	require.NoError(t, p.Hangup(t.Context()))
	p.Close()
	heard, spoken := <-listening, int(took/(20*time.Millisecond))
	t.Logf("the caller heard %d frames in the time of %d", heard, spoken)
	// The flood is sent by the same process, and others use the machine.
	require.Greater(t, heard, spoken/2, "SIP-17: the call was heard")
}

// flood sends n datagrams with a wrong token.
func flood(t *testing.T, r *rig, n int) {
	t.Helper()
	to, _ := r.Address(sipua.UDP)
	data := []byte("INVITE sip:+15551230000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n" +
		"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: flood\r\nCSeq: 1 INVITE\r\nx-snc-param: guess\r\n\r\n")
	for i := 0; i < n; i += fromEach {
		source := i / fromEach
		c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, byte(1+source>>16), byte(source>>8), byte(source))},
			net.UDPAddrFromAddrPort(to))
		require.NoError(t, err)
		for range fromEach {
			_, _ = c.Write(data) // what the socket has no room for is lost
		}
		_ = c.Close()
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
